#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "bench/report/html_page.h"
#include "bench/report/report.h"
#include "bench/report/run_plots.h"
#include "bench/report/svg_plot.h"
#include "bench/stats/codes.h"
#include "bench/stats/metric_catalog.h"
#include "core/base/version.h"

namespace segrid::bench {
namespace {

std::string Nanos(std::int64_t nanos) {
  return FormatValue(Unit::kSeconds, static_cast<double>(nanos) * 1e-9);
}

std::string Tile(const RunResult& run, std::string_view metric,
                 const char* label) {
  const MetricRow* row = FindMetric(metric);
  const std::optional<double> value = row->value(run);
  return absl::StrCat("<div class='tile'><b>",
                      value ? FormatValue(row->unit, *value) : "–",
                      "</b><span>", label, "</span></div>");
}

std::string Tiles(const RunResult& run) {
  std::string html = "<section class='tiles'>";
  html += Tile(run, "events/s", "events");
  html += Tile(run, "calls/s", "calls");
  html += Tile(run, "p50", "p50 latency");
  html += Tile(run, "p99", "p99 latency");
  html += Tile(run, "max", "longest");
  html += Tile(run, "errors", "errors");
  html += Tile(run, "server cpu", "server CPU");
  html += Tile(run, "server rss", "server memory");
  return html + "</section>";
}

std::string Settings(const RunResult& run) {
  std::string html = "<p class='chips'>";
  for (const auto& [name, value] : run.settings) {
    absl::StrAppend(&html, "<span>", EscapeHtml(name), " <b>",
                    EscapeHtml(value), "</b></span>");
  }
  return html + "</p>";
}

std::string Verdicts(const std::vector<Verdict>& verdicts) {
  if (verdicts.empty()) return "";
  std::string html = "<section class='card'><h2>Expectations</h2><ul>";
  for (const Verdict& verdict : verdicts) {
    absl::StrAppend(
        &html, verdict.is_met ? "<li class='good'>" : "<li class='bad'>",
        verdict.is_met ? "✓ " : "✗ ", EscapeHtml(verdict.text), "</li>");
  }
  return html + "</ul></section>";
}

std::string Codes(const RunResult& run) {
  std::string html =
      "<section class='card'><h2>How calls ended</h2><table><tr><th>code</th>"
      "<th>calls</th><th>share</th></tr>";
  const double calls = std::max(1.0, static_cast<double>(run.total.calls()));
  for (std::size_t i = 0; i < kCodeCount; ++i) {
    const std::int64_t count = run.total.codes[i];
    if (count == 0) continue;
    absl::StrAppend(
        &html, "<tr", i == kOk ? "" : " class='bad'", "><td>",
        std::string(kCodeNames[i]), "</td><td>", count, "</td><td>",
        FormatValue(Unit::kShare, static_cast<double>(count) / calls),
        "</td></tr>");
  }
  html += "</table>";
  if (!run.first_error.empty()) {
    absl::StrAppend(&html,
                    "<p class='bad'>First error: ", EscapeHtml(run.first_error),
                    "</p>");
  }
  return html + "</section>";
}

std::string Steps(const RunResult& run) {
  if (run.steps.size() < 2) return "";
  std::string html =
      "<section class='card'><h2>Step by step</h2><table><tr><th>target</th>"
      "<th>achieved</th><th>errors</th><th>p50</th><th>p90</th><th>p99</th>"
      "<th>p99.9</th><th>max</th></tr>";
  for (const StepResult& step : run.steps) {
    const Histogram& latency = step.tally.latency;
    absl::StrAppend(&html, "<tr><td>",
                    FormatValue(Unit::kPerSecond, step.target_rate),
                    "</td><td>",
                    FormatValue(Unit::kPerSecond,
                                static_cast<double>(step.tally.successes()) /
                                    std::max(step.elapsed_seconds, 1e-9)),
                    "</td><td>", step.tally.errors(), "</td>");
    for (const double percent : {50.0, 90.0, 99.0, 99.9, 100.0}) {
      absl::StrAppend(&html, "<td>", Nanos(latency.Percentile(percent)),
                      "</td>");
    }
    html += "</tr>";
  }
  return html + "</table></section>";
}

std::string AllFigures(const RunResult& run) {
  std::string html =
      "<details class='card'><summary>All figures</summary><table>";
  for (const MetricRow& row : Metrics()) {
    const std::optional<double> value = row.value(run);
    if (!value) continue;
    absl::StrAppend(&html, "<tr><td>", std::string(row.name), "</td><td>",
                    FormatValue(row.unit, *value), "</td><td class='soft'>",
                    std::string(row.help), "</td></tr>");
  }
  return html + "</table></details>";
}

}  // namespace

std::string HtmlReport(const RunResult& run,
                       const std::vector<Verdict>& verdicts) {
  std::string body = absl::StrCat(
      "<header><h1>segrid-bench</h1><p class='soft'>",
      absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", run.start_time,
                       absl::UTCTimeZone()),
      absl::StrFormat(" · %.1f s measured · version ", run.elapsed_seconds),
      std::string(base::kVersion), "</p></header>", Settings(run), Tiles(run),
      Verdicts(verdicts), "<section class='plots'>");
  for (const Plot& plot : RunPlots(run)) body += RenderPlot(plot);
  absl::StrAppend(&body, "</section>", Steps(run), Codes(run), AllFigures(run));
  return HtmlPage("segrid-bench", body);
}

}  // namespace segrid::bench

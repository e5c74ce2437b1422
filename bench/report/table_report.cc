#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/report/report.h"
#include "bench/report/text_table.h"
#include "bench/stats/codes.h"
#include "bench/stats/metric_catalog.h"

namespace segrid::bench {
namespace {

std::string Nanos(std::int64_t nanos) {
  return FormatValue(Unit::kSeconds, static_cast<double>(nanos) * 1e-9);
}

std::string Figure(const RunResult& run, std::string_view name) {
  const MetricRow* row = FindMetric(name);
  const std::optional<double> value = row->value(run);
  return value ? FormatValue(row->unit, *value) : "–";
}

std::string Settings(const RunResult& run) {
  std::string text;
  for (const auto& [name, value] : run.settings) {
    absl::StrAppend(&text, text.empty() ? "" : "  ·  ", name, " ", value);
  }
  return text;
}

std::string Throughput(const RunResult& run) {
  TextTable table;
  table.Add({"throughput", "calls", "events", "sent", "received"});
  table.AddRule();
  table.Add({"per second", Figure(run, "calls/s"), Figure(run, "events/s"),
             Figure(run, "request bytes/s"), Figure(run, "response bytes/s")});
  table.Add(
      {"in all", absl::StrCat(run.total.successes()),
       absl::StrCat(run.total.events),
       FormatValue(Unit::kBytes, static_cast<double>(run.total.request_bytes)),
       FormatValue(Unit::kBytes,
                   static_cast<double>(run.total.response_bytes))});
  return table.Text();
}

std::string Latency(const RunResult& run) {
  TextTable table;
  table.Add({"latency", "p50", "p90", "p99", "p99.9", "max"});
  table.AddRule();
  table.Add({"all calls", Figure(run, "p50"), Figure(run, "p90"),
             Figure(run, "p99"), Figure(run, "p99.9"), Figure(run, "max")});
  return table.Text();
}

std::string Steps(const RunResult& run) {
  if (run.steps.size() < 2) return "";
  TextTable table;
  table.Add(
      {"target", "achieved", "errors", "p50", "p90", "p99", "p99.9", "max"});
  table.AddRule();
  for (const StepResult& step : run.steps) {
    const Histogram& latency = step.tally.latency;
    table.Add({FormatValue(Unit::kPerSecond, step.target_rate),
               FormatValue(Unit::kPerSecond,
                           static_cast<double>(step.tally.successes()) /
                               step.elapsed_seconds),
               absl::StrCat(step.tally.errors()), Nanos(latency.Percentile(50)),
               Nanos(latency.Percentile(90)), Nanos(latency.Percentile(99)),
               Nanos(latency.Percentile(99.9)), Nanos(latency.max())});
  }
  return absl::StrCat("\n", table.Text());
}

std::string Codes(const RunResult& run) {
  TextTable table;
  table.Add({"code", "calls", "share"});
  table.AddRule();
  const double calls = static_cast<double>(run.total.calls());
  for (std::size_t i = 0; i < kCodeCount; ++i) {
    const std::int64_t count = run.total.codes[i];
    if (count == 0) continue;
    table.Add({std::string(kCodeNames[i]), absl::StrCat(count),
               FormatValue(Unit::kShare, static_cast<double>(count) / calls)});
  }
  std::string text = table.Text();
  if (!run.first_error.empty()) {
    absl::StrAppend(&text, "  first error: ", run.first_error, "\n");
  }
  return text;
}

std::string Processes(const RunResult& run) {
  TextTable table;
  table.Add({"process", "cpu", "memory", "peak"});
  table.AddRule();
  const auto add = [&table](const std::string& name, const ProcessUse& use) {
    table.Add(
        {name, FormatValue(Unit::kCores, use.cores),
         FormatValue(Unit::kBytes, static_cast<double>(use.rss_bytes)),
         FormatValue(Unit::kBytes, static_cast<double>(use.peak_rss_bytes))});
  };
  add("this tool", run.client);
  if (run.server) {
    add(absl::StrCat("server (pid ", run.server_pid, ")"), *run.server);
  } else {
    table.Add({"server (not on this host?)", "–", "–", "–"});
  }
  return table.Text();
}

}  // namespace

std::string TableReport(const RunResult& run,
                        const std::vector<Verdict>& verdicts) {
  std::string text =
      absl::StrCat(Settings(run), "\n\n", Throughput(run), "\n", Latency(run),
                   Steps(run), "\n", Codes(run), "\n", Processes(run));
  if (!verdicts.empty()) text += "\n";
  for (const Verdict& verdict : verdicts) {
    absl::StrAppend(&text, verdict.is_met ? "  met      " : "  NOT MET  ",
                    verdict.text, "\n");
  }
  return text;
}

std::string ProgressLine(const Progress& progress) {
  const Slice& last = progress.last;
  const double seconds = last.seconds > 0 ? last.seconds : 1;
  std::string line = absl::StrFormat("%6.1fs", progress.seconds);
  if (progress.total_seconds > 0) {
    absl::StrAppendFormat(&line, "/%.0fs", progress.total_seconds);
  }
  absl::StrAppend(
      &line, "  ",
      FormatValue(Unit::kPerSecond, static_cast<double>(last.calls) / seconds),
      " calls  ",
      FormatValue(Unit::kPerSecond, static_cast<double>(last.events) / seconds),
      " events  p50 ", Nanos(last.p50_ns), "  p99 ", Nanos(last.p99_ns),
      "  errors ", progress.errors);
  return line;
}

}  // namespace segrid::bench

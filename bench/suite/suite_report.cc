#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/report/text_table.h"
#include "bench/stats/json_writer.h"
#include "bench/suite/suite.h"
#include "core/base/version.h"

namespace segrid::bench {
namespace {

// Load average above which a machine had something else to do.
constexpr double kBusy = 0.5;

std::string Shown(const SuiteRow& row, const std::optional<double>& value) {
  return value ? FormatValue(row.unit, *value) : "–";
}

std::string Goal(const SuiteRow& row) {
  if (!row.goal) return "–";
  const char* const bound = row.goal_is_ceiling ? "≤ " : "≥ ";
  return bound + (row.goal_is_of_figure ? FormatValue(row.unit, *row.goal)
                                        : absl::StrFormat("%.2f", *row.goal));
}

std::string Met(const SuiteRow& row) {
  if (!row.goal) return "";
  if (!row.is_met) return "not measured";
  return *row.is_met ? "met" : "NOT MET";
}

std::string Verdict(const SuiteRow& row) {
  return row.impossible.empty() ? Met(row) : "CANNOT BE";
}

std::string Spread(const SuiteRow& row) {
  return row.ratio ? absl::StrFormat("±%.1f %%", row.spread * 100) : "";
}

void WriteOptional(JsonWriter& out, std::string_view key,
                   const std::optional<double>& value) {
  if (!value) return;
  out.Key(key);
  out.Number(*value);
}

}  // namespace

std::string SuiteTable(const SuiteResult& result) {
  TextTable table({7});
  table.Add({"what", "figure", "baseline", "ratio", "spread", "goal", "", ""});
  table.AddRule();
  for (const SuiteRow& row : result.rows) {
    table.Add({row.what, Shown(row, row.figure), Shown(row, row.baseline),
               row.ratio ? absl::StrFormat("%.2f", *row.ratio) : "–",
               Spread(row), Goal(row), "", Verdict(row)});
  }
  std::string text = absl::StrFormat(
      "%s\n  %s\n  medians of %d interleaved rounds and half the distance of "
      "their quartiles, %.0f s, load average %.1f when it began%s\n",
      table.Text(), result.processor, result.rounds, result.elapsed_seconds,
      result.load, result.load > kBusy ? ": not an idle machine" : "");
  for (const SuiteRow& row : result.rows) {
    if (row.impossible.empty()) continue;
    absl::StrAppend(&text, "  CANNOT BE: ", row.what, ": ", row.impossible,
                    "\n");
  }
  for (const std::string& note : result.notes) {
    absl::StrAppend(&text, "  ", note, "\n");
  }
  return text;
}

std::string SuiteJson(const SuiteResult& result) {
  JsonWriter out;
  out.BeginObject();
  out.Key("schema");
  out.String("segrid-bench/suite/1");
  out.Key("version");
  out.String(base::kVersion);
  out.Key("start_time");
  out.String(absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", result.start_time,
                              absl::UTCTimeZone()));
  out.Key("processor");
  out.String(result.processor);
  out.Key("cores");
  out.Integer(std::thread::hardware_concurrency());
  out.Key("rounds");
  out.Integer(result.rounds);
  WriteOptional(out, "elapsed_seconds", result.elapsed_seconds);
  WriteOptional(out, "load_average", result.load);
  out.Key("notes");
  out.BeginArray();
  for (const std::string& note : result.notes) out.String(note);
  out.EndArray();
  out.Key("rows");
  out.BeginArray();
  for (const SuiteRow& row : result.rows) {
    out.BeginObject();
    out.Key("what");
    out.String(row.what);
    WriteOptional(out, "figure", row.figure);
    WriteOptional(out, "baseline", row.baseline);
    WriteOptional(out, "ratio", row.ratio);
    if (row.ratio) WriteOptional(out, "spread", row.spread);
    WriteOptional(out, "goal", row.goal);
    if (!row.impossible.empty()) {
      out.Key("impossible");
      out.String(row.impossible);
    }
    out.Key("goal_is_ceiling");
    out.Bool(row.goal_is_ceiling);
    if (row.is_met) {
      out.Key("met");
      out.Bool(*row.is_met);
    }
    out.EndObject();
  }
  out.EndArray();
  out.EndObject();
  return std::move(out).Take() + "\n";
}

}  // namespace segrid::bench

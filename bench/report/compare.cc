#include "bench/report/compare.h"

#include <cmath>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/report/text_table.h"
#include "bench/stats/metric_catalog.h"
#include "simdjson.h"

namespace segrid::bench {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kRunSchema = "segrid-bench/run/1";
constexpr std::string_view kSuiteSchema = "segrid-bench/suite/1";
constexpr double kEqual = 0.02;
constexpr std::string_view kWhere = "server";  // A setting.

void ReadFigures(dom::element root, ResultFile& file) {
  dom::object metrics;
  if (root["metrics"].get(metrics) == simdjson::SUCCESS) {
    for (const auto& [key, value] : metrics) {
      double number = 0;
      if (value.get(number) == simdjson::SUCCESS) {
        file.figures[std::string(key)] = number;
      }
    }
  }
  dom::array rows;
  if (root["rows"].get(rows) != simdjson::SUCCESS) return;
  for (const dom::element row : rows) {
    std::string_view what;
    double value = 0;
    if (row["what"].get(what) != simdjson::SUCCESS) continue;
    if (row["ratio"].get(value) == simdjson::SUCCESS ||
        row["figure"].get(value) == simdjson::SUCCESS) {
      file.figures[std::string(what)] = value;
    }
  }
}

void ReadSettings(dom::element root, ResultFile& file) {
  dom::object settings;
  if (root["settings"].get(settings) != simdjson::SUCCESS) return;
  for (const auto& [key, value] : settings) {
    std::string_view text;
    if (key != kWhere && value.get(text) == simdjson::SUCCESS) {
      file.settings[std::string(key)] = std::string(text);
    }
  }
}

std::string SettingOf(const ResultFile& file, const std::string& key) {
  const auto found = file.settings.find(key);
  return found == file.settings.end() ? "–" : found->second;
}

// A line for each setting that differs.
std::string Differences(const ResultFile& a, const ResultFile& b) {
  std::set<std::string> names;
  for (const ResultFile* file : {&a, &b}) {
    for (const auto& [name, value] : file->settings) names.insert(name);
  }
  TextTable table({1, 2});
  table.Add({"setting", "A", "B"});
  table.AddRule();
  bool differ = false;
  for (const std::string& name : names) {
    const std::string from = SettingOf(a, name);
    const std::string to = SettingOf(b, name);
    if (from == to) continue;
    differ = true;
    table.Add({name, from, to});
  }
  if (!differ) return "";
  return absl::StrCat(
      "These settings differ, so nothing is called better or worse:\n\n",
      table.Text(), "\n");
}

std::optional<double> FigureOf(const ResultFile& file, const std::string& key) {
  const auto found = file.figures.find(key);
  if (found == file.figures.end()) return std::nullopt;
  return found->second;
}

std::string Change(double ratio, bool lower_is_better) {
  if (std::abs(ratio - 1) < kEqual) return "equal";
  return (ratio < 1) == lower_is_better ? "better" : "worse";
}

// Names the change from `a` to `b`. The number of calls gets no name, because
// it is no figure of merit.
std::string Judgement(const MetricRow& row, double a, double b) {
  if (row.name == "calls") return "";
  if (a == 0) return b == 0 ? "equal" : Change(2, row.lower_is_better);
  return Change(b / a, row.lower_is_better);
}

void AddRow(TextTable& table, const MetricRow& row, bool is_judged, double a,
            double b) {
  table.Add({std::string(row.name), FormatValue(row.unit, a),
             FormatValue(row.unit, b),
             a != 0 ? absl::StrFormat("%.3f", b / a) : "–",
             is_judged ? Judgement(row, a, b) : ""});
}

std::string RunTable(const ResultFile& a, const ResultFile& b, bool is_judged) {
  TextTable table({4});
  table.Add({"metric", "A", "B", "B ÷ A", ""});
  table.AddRule();
  for (const MetricRow& row : Metrics()) {
    const auto from = FigureOf(a, std::string(row.key));
    const auto to = FigureOf(b, std::string(row.key));
    if (!from || !to) continue;
    AddRow(table, row, is_judged, *from, *to);
  }
  return table.Text();
}

std::string SuiteTable(const ResultFile& a, const ResultFile& b) {
  TextTable table({4});
  table.Add({"what", "A", "B", "B ÷ A", ""});
  table.AddRule();
  for (const auto& [what, from] : a.figures) {
    const auto to = FigureOf(b, what);
    if (!to) continue;
    table.Add({what, absl::StrFormat("%.3g", from),
               absl::StrFormat("%.3g", *to),
               from != 0 ? absl::StrFormat("%.3f", *to / from) : "–", ""});
  }
  return table.Text();
}

Verdict JudgeRatio(const Expectation& expectation, const ResultFile& a,
                   const ResultFile& b) {
  const std::string key(expectation.metric->key);
  const auto from = FigureOf(a, key);
  const auto to = FigureOf(b, key);
  if (!from || !to) {
    return {false, absl::StrCat(expectation.text, ", not in both files")};
  }
  // Nothing grew to nothing: as it was.
  const double ratio = *from == *to ? 1 : *to / *from;
  return {expectation.Holds(ratio),
          absl::StrFormat("%s, found B ÷ A = %.3f", expectation.text, ratio)};
}

}  // namespace

absl::StatusOr<ResultFile> ReadResultFile(const std::string& path) {
  dom::parser parser;
  dom::element root;
  const auto error = parser.load(path).get(root);
  if (error != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", simdjson::error_message(error),
                     "; expected a file that segrid-bench --json wrote"));
  }
  ResultFile file;
  std::string_view schema;
  if (root["schema"].get(schema) != simdjson::SUCCESS ||
      (schema != kRunSchema && schema != kSuiteSchema)) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": not a result of this version of segrid-bench (schema is not ",
        std::string(kRunSchema), " or ", std::string(kSuiteSchema), ")"));
  }
  file.schema = std::string(schema);
  ReadFigures(root, file);
  ReadSettings(root, file);
  return file;
}

absl::StatusOr<Comparison> Compare(
    const ResultFile& a, const ResultFile& b,
    const std::vector<Expectation>& ratio_expectations) {
  if (a.schema != b.schema) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the files are of different kinds: ", a.schema, " and ", b.schema));
  }
  Comparison comparison;
  comparison.differences = Differences(a, b);
  comparison.table = a.schema == kRunSchema
                         ? RunTable(a, b, comparison.differences.empty())
                         : SuiteTable(a, b);
  for (const Expectation& expectation : ratio_expectations) {
    comparison.verdicts.push_back(JudgeRatio(expectation, a, b));
  }
  return comparison;
}

}  // namespace segrid::bench

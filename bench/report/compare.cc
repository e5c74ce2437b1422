#include "bench/report/compare.h"

#include <cmath>
#include <optional>
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

std::optional<double> FigureOf(const ResultFile& file, const std::string& key) {
  const auto found = file.figures.find(key);
  if (found == file.figures.end()) return std::nullopt;
  return found->second;
}

std::string Change(double ratio, bool lower_is_better) {
  if (std::abs(ratio - 1) < kEqual) return "equal";
  return (ratio < 1) == lower_is_better ? "better" : "worse";
}

void AddRow(TextTable& table, const std::string& name, Unit unit,
            bool lower_is_better, double a, double b) {
  const bool has_ratio = a != 0;
  table.Add({name, FormatValue(unit, a), FormatValue(unit, b),
             has_ratio ? absl::StrFormat("%.3f", b / a) : "–",
             has_ratio ? Change(b / a, lower_is_better)
             : b == 0  ? "equal"
                       : Change(2, lower_is_better)});
}

std::string RunTable(const ResultFile& a, const ResultFile& b) {
  TextTable table({4});
  table.Add({"metric", "A", "B", "B ÷ A", ""});
  table.AddRule();
  for (const MetricRow& row : Metrics()) {
    const auto from = FigureOf(a, std::string(row.key));
    const auto to = FigureOf(b, std::string(row.key));
    if (!from || !to) continue;
    AddRow(table, std::string(row.name), row.unit, row.lower_is_better, *from,
           *to);
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
  comparison.table = a.schema == kRunSchema ? RunTable(a, b) : SuiteTable(a, b);
  for (const Expectation& expectation : ratio_expectations) {
    comparison.verdicts.push_back(JudgeRatio(expectation, a, b));
  }
  return comparison;
}

}  // namespace segrid::bench

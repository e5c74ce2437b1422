#include "bench/suite/micro.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "simdjson.h"

namespace segrid::bench {
namespace {

namespace dom = simdjson::dom;

std::string TextOf(dom::element entry, const char* key) {
  std::string_view text;
  if (entry[key].get(text) != simdjson::SUCCESS) return "";
  return std::string(text);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half]
                                : (values[half - 1] + values[half]) / 2;
}

}  // namespace

absl::StatusOr<std::map<std::string, double>> ReadMicro(std::string_view json) {
  dom::parser parser;
  dom::array entries;
  const auto error =
      parser.parse(json.data(), json.size(), true)["benchmarks"].get(entries);
  if (error != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a file of --benchmark_format=json: ",
                     simdjson::error_message(error)));
  }
  std::map<std::string, std::vector<double>> runs;
  std::map<std::string, double> rates;
  for (const dom::element entry : entries) {
    std::string name = TextOf(entry, "run_name");
    if (name.empty()) name = TextOf(entry, "name");
    double rate = 0;
    if (entry["items_per_second"].get(rate) != simdjson::SUCCESS) continue;
    const std::string aggregate = TextOf(entry, "aggregate_name");
    if (aggregate == "median") {
      rates[name] = rate;
    } else if (aggregate.empty()) {
      runs[name].push_back(rate);
    }
  }
  for (const auto& [name, values] : runs) rates.emplace(name, Median(values));
  return rates;
}

std::vector<SuiteRow> MicroRows(const std::map<std::string, double>& rates,
                                std::span<const MicroCase> cases) {
  std::vector<SuiteRow> rows;
  for (const MicroCase& micro : cases) {
    SuiteRow row{.what = std::string(micro.what), .unit = Unit::kPerSecond};
    const auto numerator = rates.find(std::string(micro.numerator));
    const auto denominator = rates.find(std::string(micro.denominator));
    if (numerator != rates.end()) row.figure = numerator->second;
    if (denominator != rates.end()) row.baseline = denominator->second;
    if (row.figure && row.baseline) row.ratio = *row.figure / *row.baseline;
    if (micro.goal > 0) row.goal = micro.goal;
    JudgeRow(row);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace segrid::bench

#include "bench/report/expect.h"

#include <array>
#include <optional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace segrid::bench {
namespace {

using Op = Expectation::Op;

struct OpRow {
  std::string_view text;
  Op op;
};
// Longer ones first: `<=` is not `<`.
constexpr std::array<OpRow, 7> kOps = {{{"<=", Op::kLessEqual},
                                        {">=", Op::kGreaterEqual},
                                        {"==", Op::kEqual},
                                        {"!=", Op::kNot},
                                        {"<", Op::kLess},
                                        {">", Op::kGreater},
                                        {"=", Op::kEqual}}};

struct UnitRow {
  std::string_view text;
  double factor;
};
constexpr std::array<UnitRow, 5> kTimes = {
    {{"ns", 1e-9}, {"us", 1e-6}, {"µs", 1e-6}, {"ms", 1e-3}, {"s", 1}}};
constexpr std::array<UnitRow, 7> kBytes = {{{"", 1},
                                            {"KiB", 1024.0},
                                            {"MiB", 1048576.0},
                                            {"GiB", 1073741824.0},
                                            {"KB", 1e3},
                                            {"MB", 1e6},
                                            {"GB", 1e9}}};
constexpr std::array<UnitRow, 2> kShares = {{{"", 1}, {"%", 0.01}}};
constexpr std::array<UnitRow, 4> kCounts = {
    {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}}};
constexpr std::array<UnitRow, 2> kRatios = {{{"", 1}, {"x", 1}}};

std::span<const UnitRow> UnitsOf(Unit unit) {
  switch (unit) {
    case Unit::kSeconds:
      return kTimes;
    case Unit::kBytes:
    case Unit::kBytesPerSecond:
      return kBytes;
    case Unit::kShare:
      return kShares;
    case Unit::kPerSecond:
    case Unit::kCount:
    case Unit::kCores:
    case Unit::kRatio:
      break;
  }
  return kCounts;
}

std::string Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return "";
  return std::string(
      text.substr(begin, text.find_last_not_of(' ') + 1 - begin));
}

absl::Status Wrong(std::string_view text, const std::string& why) {
  return absl::InvalidArgumentError(
      absl::StrCat("condition '", std::string(text), "': ", why));
}

std::string Listed(std::span<const UnitRow> units) {
  std::string list;
  for (const UnitRow& unit : units) {
    absl::StrAppend(&list, list.empty() ? "" : ", ",
                    unit.text.empty() ? "none" : std::string(unit.text));
  }
  return list;
}

absl::StatusOr<double> ParseValue(std::string_view text,
                                  const std::string& value,
                                  std::span<const UnitRow> units) {
  const std::size_t end = value.find_last_of("0123456789.");
  double number = 0;
  if (end == std::string::npos ||
      !absl::SimpleAtod(value.substr(0, end + 1), &number)) {
    return Wrong(text, absl::StrCat("'", value, "' is not a number"));
  }
  const std::string suffix = Trim(std::string_view(value).substr(end + 1));
  for (const UnitRow& unit : units) {
    if (unit.text == suffix) return number * unit.factor;
  }
  return Wrong(text, absl::StrCat("the unit '", suffix,
                                  "' does not fit; one of: ", Listed(units)));
}

absl::StatusOr<Expectation> Parse(std::string_view text, bool is_ratio) {
  const std::size_t at = text.find_first_of("<>=!");
  if (at == std::string_view::npos) {
    return Wrong(text,
                 "no comparison; expected METRIC OP VALUE, such as "
                 "p99<20ms");
  }
  Expectation expectation{.text = std::string(text)};
  const std::string name = Trim(text.substr(0, at));
  expectation.metric = FindMetric(name);
  if (expectation.metric == nullptr) {
    std::string names;
    for (const MetricRow& row : Metrics()) {
      absl::StrAppend(&names, names.empty() ? "" : ", ", std::string(row.name));
    }
    return Wrong(text,
                 absl::StrCat("no metric '", name, "'; there are: ", names));
  }
  const std::string_view rest = text.substr(at);
  for (const OpRow& row : kOps) {
    if (!rest.starts_with(row.text)) continue;
    expectation.op = row.op;
    SEGRID_ASSIGN_OR_RETURN(
        expectation.value,
        ParseValue(text, Trim(rest.substr(row.text.size())),
                   is_ratio ? std::span<const UnitRow>(kRatios)
                            : UnitsOf(expectation.metric->unit)));
    return expectation;
  }
  return Wrong(text, "the comparison is none of < <= > >= = == !=");
}

}  // namespace

bool Expectation::Holds(double figure) const {
  switch (op) {
    case Op::kLess:
      return figure < value;
    case Op::kLessEqual:
      return figure <= value;
    case Op::kGreater:
      return figure > value;
    case Op::kGreaterEqual:
      return figure >= value;
    case Op::kEqual:
      return figure == value;
    case Op::kNot:
      return figure != value;
  }
  return false;
}

absl::StatusOr<Expectation> ParseExpectation(std::string_view text) {
  return Parse(text, /*is_ratio=*/false);
}

absl::StatusOr<Expectation> ParseRatioExpectation(std::string_view text) {
  return Parse(text, /*is_ratio=*/true);
}

std::vector<Verdict> Judge(const std::vector<Expectation>& expectations,
                           const RunResult& run) {
  std::vector<Verdict> verdicts;
  for (const Expectation& expectation : expectations) {
    const std::optional<double> figure = expectation.metric->value(run);
    const std::string found =
        figure ? FormatValue(expectation.metric->unit, *figure)
               : "not measured in this run";
    verdicts.push_back(
        {.is_met = figure && expectation.Holds(*figure),
         .text = absl::StrCat(expectation.text, ", found ", found)});
  }
  return verdicts;
}

}  // namespace segrid::bench

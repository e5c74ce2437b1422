#include "bench/suite/path_rows.h"

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/suite/median.h"

namespace segrid::bench {
namespace {

// The results of all rounds for one case.
struct PathFigures {
  std::vector<double> wholes;
  std::vector<double> sums;
  std::array<std::vector<double>, kMaxPathParts> parts;
};

std::optional<double> Find(const MicroFigures& round, std::string_view name) {
  const auto found = round.find(std::string(name));
  if (found == round.end()) return std::nullopt;
  return found->second;
}

std::optional<double> CostOf(const MicroFigures& round, const PathPart& part) {
  const std::optional<double> cost = Find(round, part.figure);
  if (part.times.empty() || !cost) return cost;
  const std::optional<double> times = Find(round, part.times);
  if (!times) return std::nullopt;
  return *cost * *times;
}

void AddRound(const MicroFigures& round, const PathCase& path,
              PathFigures& figures) {
  const std::optional<double> whole = Find(round, path.whole);
  if (!whole) return;
  std::array<double, kMaxPathParts> costs{};
  double sum = 0;
  for (std::size_t i = 0; i < kMaxPathParts; ++i) {
    if (path.parts[i].what.empty()) continue;
    const std::optional<double> cost = CostOf(round, path.parts[i]);
    if (!cost) return;
    costs[i] = *cost;
    sum += *cost;
  }
  figures.wholes.push_back(*whole);
  figures.sums.push_back(sum);
  for (std::size_t i = 0; i < kMaxPathParts; ++i) {
    figures.parts[i].push_back(costs[i]);
  }
}

SuiteRow RowOf(std::string what, const std::vector<double>& costs,
               const std::vector<double>& wholes, bool is_part) {
  SuiteRow row{.what = std::move(what),
               .unit = Unit::kSeconds,
               .is_at_most_one = is_part};
  if (wholes.empty()) return row;
  std::vector<double> ratios;
  for (std::size_t i = 0; i < wholes.size(); ++i) {
    ratios.push_back(costs[i] / wholes[i]);
  }
  row.figure = MedianOf(costs);
  row.baseline = MedianOf(wholes);
  SetRatios(ratios, row);
  return row;
}

}  // namespace

std::vector<SuiteRow> PathRows(std::span<const MicroFigures> rounds,
                               std::span<const PathCase> cases) {
  std::vector<SuiteRow> rows;
  for (const PathCase& path : cases) {
    const std::string name(path.what);
    PathFigures figures;
    for (const MicroFigures& round : rounds) AddRound(round, path, figures);
    SuiteRow whole = RowOf(absl::StrCat(name, ": CPU time, Σ parts ÷ whole"),
                           figures.sums, figures.wholes, /*is_part=*/false);
    whole.goal = path.goal;
    JudgeRow(whole);
    rows.push_back(std::move(whole));
    for (std::size_t i = 0; i < kMaxPathParts; ++i) {
      if (path.parts[i].what.empty()) continue;
      rows.push_back(RowOf(
          absl::StrCat("  ", std::string(path.parts[i].what), " (", name, ")"),
          figures.parts[i], figures.wholes, /*is_part=*/true));
    }
  }
  return rows;
}

}  // namespace segrid::bench

#include "bench/suite/path_rows.h"

#include <array>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

constexpr std::array kCases = {PathCase{
    "path",
    "Whole cpu",
    {{{"first", "First cpu"}, {"second", "Second cpu", "Whole tracks"}}},
    0.85}};

MicroFigures Round(double whole, double first, double second) {
  return {{"Whole cpu", whole},
          {"Whole tracks", 10},
          {"First cpu", first},
          {"Second cpu", second}};
}

TEST(PathRows, DivideTheSumOfThePartsByTheWhole) {
  const std::vector<MicroFigures> rounds = {
      Round(100, 50, 4), Round(100, 52, 4), Round(200, 100, 8)};
  const std::vector<SuiteRow> rows = PathRows(rounds, kCases);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_DOUBLE_EQ(rows[0].ratio.value(), 0.9);
  EXPECT_EQ(rows[0].is_met, true);
  EXPECT_DOUBLE_EQ(rows[1].ratio.value(), 0.5);
  EXPECT_DOUBLE_EQ(rows[2].figure.value(), 40);
  EXPECT_DOUBLE_EQ(rows[2].ratio.value(), 0.4);
  EXPECT_EQ(rows[2].is_met, std::nullopt) << "parts have no goals";
  for (const SuiteRow& row : rows) EXPECT_EQ(row.impossible, "");
}

TEST(PathRows, FindAPartThatCostsMoreThanTheWhole) {
  const std::vector<MicroFigures> rounds = {
      Round(100, 150, 1), Round(100, 151, 1), Round(100, 149, 1)};
  const std::vector<SuiteRow> rows = PathRows(rounds, kCases);
  EXPECT_EQ(rows[0].impossible, "") << "parts may overlap";
  EXPECT_NE(rows[1].impossible, "");
  EXPECT_EQ(rows[2].impossible, "");
}

TEST(PathRows, AreEmptyWhereAFigureIsMissing) {
  MicroFigures round = Round(100, 50, 4);
  round.erase("Whole tracks");
  const std::vector<SuiteRow> rows =
      PathRows(std::vector<MicroFigures>{round}, kCases);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].ratio, std::nullopt);
  EXPECT_EQ(rows[0].is_met, std::nullopt);
}

TEST(PathRows, HaveANameOfTheirOwnEach) {
  std::set<std::string> names;
  const std::vector<SuiteRow> rows = PathRows({}, kPathCases);
  for (const SuiteRow& row : rows) names.insert(row.what);
  EXPECT_EQ(names.size(), rows.size());
}

}  // namespace
}  // namespace segrid::bench

#include <string>
#include <vector>

#include "bench/suite/median.h"
#include "bench/suite/suite.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "simdjson.h"

namespace segrid::bench {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

SuiteRow Row(std::optional<double> ratio, std::optional<double> goal,
             bool is_ceiling = false) {
  SuiteRow row;
  row.what = "a ÷ b";
  row.figure = 1000;
  if (ratio) row.baseline = 1000 / *ratio;
  row.ratio = ratio;
  row.goal = goal;
  row.goal_is_ceiling = is_ceiling;
  JudgeRow(row);
  return row;
}

TEST(Suite, JudgesFloorsAndCeilings) {
  EXPECT_EQ(Row(0.9, 0.9).is_met, true);
  EXPECT_EQ(Row(0.89, 0.9).is_met, false);
  EXPECT_EQ(Row(1.05, 1.05, true).is_met, true);
  EXPECT_EQ(Row(1.06, 1.05, true).is_met, false);
  EXPECT_EQ(Row(0.9, std::nullopt).is_met, std::nullopt);
  EXPECT_EQ(Row(std::nullopt, 999).is_met, std::nullopt) << "half a ratio";
}

TEST(Suite, JudgesAFigureAloneWhereTheGoalIsOfIt) {
  SuiteRow row;
  row.figure = 1000;
  row.ratio = 0.1;
  row.goal = 999;
  row.goal_is_of_figure = true;
  JudgeRow(row);
  EXPECT_EQ(row.is_met, true);
  row.figure = 998;
  JudgeRow(row);
  EXPECT_EQ(row.is_met, false);
}

struct RatioCase {
  std::vector<double> ratios;
  bool is_at_most_one;
  bool is_impossible;
};

TEST(Suite, FindsRatiosThatCannotBe) {
  const RatioCase cases[] = {
      {{1.25, 1.26, 1.27, 1.26, 1.25, 1.28, 1.26}, true, true},
      {{1.25, 1.26, 1.27, 1.26, 1.25, 1.28, 1.26}, false, false},
      {{0.97, 1.05, 1.02, 0.99, 1.03, 1.04, 0.98}, true, false},  // Noise.
      {{0.5, 0.5, 0.5, 0.5, 0.5}, true, false},
      {{1.05}, true, false},  // Nobody knows how much one round differs.
      {{1.95}, true, true},
      {{}, true, false},
  };
  for (const RatioCase& each : cases) {
    SuiteRow row;
    row.is_at_most_one = each.is_at_most_one;
    SetRatios(each.ratios, row);
    EXPECT_EQ(!row.impossible.empty(), each.is_impossible)
        << ::testing::PrintToString(each.ratios);
    EXPECT_EQ(row.ratio.has_value(), !each.ratios.empty());
  }
}

TEST(Suite, SaysBesideTheRowThatItsRatioCannotBe) {
  SuiteResult result;
  result.processor = "Some CPU, no SHA-NI";
  SuiteRow row = Row(std::nullopt, 0.9);
  row.is_at_most_one = true;
  SetRatios(std::vector<double>{2.2, 2.3, 2.25}, row);
  result.rows = {row};
  const std::string table = SuiteTable(result);
  EXPECT_THAT(table, ContainsRegex("2\\.25 +±1\\.1 % +≥ 0\\.90 +CANNOT BE"));
  EXPECT_THAT(table, HasSubstr("a part cannot cost more than the whole"));
  EXPECT_THAT(table, HasSubstr("Some CPU, no SHA-NI"));
  EXPECT_THAT(SuiteJson(result), HasSubstr("\"impossible\":\"a part"));
}

TEST(Suite, ShowsEachRowWithItsGoal) {
  SuiteResult result;
  result.rounds = 7;
  result.rows = {Row(0.5, 0.9), Row(2.5, 2), Row(1, std::nullopt)};
  SuiteRow missing;
  missing.what = "nothing";
  missing.goal = 1;
  result.rows.push_back(missing);
  const std::string table = SuiteTable(result);
  EXPECT_THAT(table,
              ContainsRegex(
                  "1\\.00 k/s +2\\.00 k/s +0\\.50 +±0.0 % +≥ 0\\.90 +NOT MET"));
  EXPECT_THAT(table, ContainsRegex("2\\.50 +±0.0 % +≥ 2\\.00 +met"));
  EXPECT_THAT(table, ContainsRegex("nothing.*not measured"));
  EXPECT_THAT(table, HasSubstr("medians of 7 interleaved rounds"));
}

TEST(Suite, SaysWhatWasNotMeasuredAndWhenTheMachineWasBusy) {
  SuiteResult result;
  result.notes = {"Node baseline: not measured: no node"};
  EXPECT_THAT(SuiteTable(result), HasSubstr("not measured: no node"));
  EXPECT_THAT(SuiteTable(result), Not(HasSubstr("not an idle machine")));
  result.load = 1.5;
  EXPECT_THAT(SuiteTable(result), HasSubstr("not an idle machine"));
}

TEST(Suite, LeavesOutWhatItIsToldTo) {
  SuiteOptions options;
  options.self_binary = "/nonexistent/segrid-bench";
  options.rounds = 1;
  options.skip = {"rpc", "memory"};
  const auto result = RunSuite(options, nullptr);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->rows.empty());
  for (const SuiteRow& row : result->rows) {
    EXPECT_EQ(row.is_met, std::nullopt) << row.what;
  }
  // Each program that is not there, and each part that was left out.
  EXPECT_THAT(
      result->notes,
      UnorderedElementsAre(HasSubstr("Node baseline: not measured"),
                           HasSubstr("/nonexistent/segrid-micro-bench"),
                           HasSubstr("/nonexistent/segrid-path-bench"),
                           HasSubstr("/nonexistent/segrid-allocations"),
                           HasSubstr("/nonexistent/segrid-warehouse-bench"),
                           HasSubstr("durable queue: not measured"),
                           HasSubstr("many events pending: not"),
                           HasSubstr("delivery: not measured"),
                           HasSubstr("client: not measured"),
                           HasSubstr("rpc: not measured"),
                           HasSubstr("memory: not measured")));
}

TEST(Suite, WritesJson) {
  SuiteResult result;
  result.rows = {Row(0.5, 0.9)};
  simdjson::dom::parser parser;
  const std::string text = SuiteJson(result);
  const simdjson::dom::element json = parser.parse(text);
  EXPECT_EQ(std::string_view(json["schema"]), "segrid-bench/suite/1");
  EXPECT_DOUBLE_EQ(double(json["rows"].at(0)["ratio"]), 0.5);
  EXPECT_EQ(bool(json["rows"].at(0)["met"]), false);
}

TEST(Suite, SaysWhichProgramIsMissing) {
  SuiteOptions options;
  options.self_binary = "/nonexistent/segrid-bench";
  const auto result = RunSuite(options, nullptr);
  EXPECT_THAT(std::string(result.status().message()),
              HasSubstr("/nonexistent/segrid-server"));
}

TEST(Suite, RefusesOptionsOutOfRange) {
  SuiteOptions options;
  EXPECT_TRUE(options.Validate().ok());
  options.rounds = 0;
  EXPECT_FALSE(options.Validate().ok());
  options = {};
  options.skip = {"memory", "nothing"};
  EXPECT_THAT(std::string(options.Validate().message()), HasSubstr("skip"));
}

TEST(MedianOf, TakesTheMiddle) {
  EXPECT_DOUBLE_EQ(MedianOf({3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(MedianOf({4, 1, 2, 3}), 2.5);
}

}  // namespace
}  // namespace segrid::bench

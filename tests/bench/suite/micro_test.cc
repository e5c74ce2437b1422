#include "bench/suite/micro.h"

#include <array>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::bench {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(Micro, TakesTheMedianOfRepetitions) {
  const auto rates = ReadMicro(R"({"benchmarks":[
    {"name":"BM_A/100","run_name":"BM_A/100","run_type":"iteration","items_per_second":1.0},
    {"name":"BM_A/100","run_name":"BM_A/100","run_type":"iteration","items_per_second":9.0},
    {"name":"BM_A/100","run_name":"BM_A/100","run_type":"iteration","items_per_second":2.0},
    {"name":"BM_B_mean","run_name":"BM_B","aggregate_name":"mean","items_per_second":50.0},
    {"name":"BM_B_median","run_name":"BM_B","aggregate_name":"median","items_per_second":5},
    {"name":"BM_Broken","run_name":"BM_Broken","error_occurred":true,"error_message":"wrong answer"}]})");
  ASSERT_TRUE(rates.ok()) << rates.status();
  EXPECT_THAT(*rates,
              UnorderedElementsAre(Pair("BM_A/100", 2), Pair("BM_B", 5)));
}

TEST(Micro, ReadsOtherMeasuresUnderNamesOfTheirOwn) {
  const auto figures = ReadMicro(
      R"({"benchmarks":[{"name":"A","items_per_second":1,"bytes_per_second":2},
                        {"name":"B","allocations_per_event":0.5},
                        {"name":"C","cpu_seconds":3,"stub_cpu_seconds":4}]})");
  ASSERT_TRUE(figures.ok()) << figures.status();
  EXPECT_THAT(*figures,
              UnorderedElementsAre(Pair("A", 1), Pair("A bytes", 2),
                                   Pair("B allocations", 0.5), Pair("C cpu", 3),
                                   Pair("C stub cpu", 4)));
}

TEST(Micro, MakesARowOfEachCase) {
  constexpr std::array kCases = {
      MicroCase{"fast enough", "BM_A", "BM_B", 2},
      MicroCase{"too slow", "BM_A", "BM_B", 3},
      MicroCase{"for information", "BM_A", "BM_B"},
      MicroCase{"not there", "BM_A", "BM_C", 1},
      MicroCase{"alone", "BM_B", "", 4, Unit::kCount, true},
  };
  const std::array<MicroFigures, 1> rounds = {{{{"BM_A", 10}, {"BM_B", 4}}}};
  const auto rows = MicroRows(rounds, kCases);
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_DOUBLE_EQ(*rows[0].ratio, 2.5);
  EXPECT_EQ(rows[0].is_met, true);
  EXPECT_EQ(rows[1].is_met, false);
  EXPECT_EQ(rows[2].is_met, std::nullopt);
  EXPECT_EQ(rows[3].ratio, std::nullopt);
  EXPECT_EQ(rows[3].is_met, std::nullopt) << "not measured is not met";
  EXPECT_EQ(rows[4].is_met, true);
}

TEST(Micro, TakesTheMedianOfTheRoundsRatios) {
  constexpr std::array kCases = {MicroCase{"a", "A", "B", 1}};
  // The second round met a slow machine: both sides are slow there.
  const std::array<MicroFigures, 3> rounds = {
      {{{"A", 20}, {"B", 10}}, {{"A", 6}, {"B", 2}}, {{"A", 10}, {"B", 10}}}};
  const auto rows = MicroRows(rounds, kCases);
  EXPECT_DOUBLE_EQ(*rows[0].figure, 10);
  EXPECT_DOUBLE_EQ(*rows[0].baseline, 10);
  EXPECT_DOUBLE_EQ(*rows[0].ratio, 2);
}

TEST(MicroRounds, RunsEachProgramOnceARoundAndNotesThatOneFails) {
  const tests::ScratchDir directory;
  MicroRounds rounds(
      {{"good",
        {"sh", "-c",
         "echo '{\"benchmarks\":[{\"name\":\"A\",\"items_per_second\":5}]}' "
         ">"}},
       {"bad", {"sh", "-c", "echo gone wrong; exit 3; "}}},
      directory.Path(""));
  rounds.Measure();
  rounds.Measure();
  constexpr std::array kCases = {MicroCase{"a", "A", ""}};
  EXPECT_DOUBLE_EQ(*rounds.Rows(kCases)[0].figure, 5);
  EXPECT_THAT(rounds.notes(),
              ElementsAre(AllOf(HasSubstr("bad: not measured"), HasSubstr("3"),
                                HasSubstr("gone wrong"))));
}

TEST(Micro, RefusesOtherFiles) {
  EXPECT_FALSE(ReadMicro("").ok());
  EXPECT_FALSE(ReadMicro("{}").ok());
}

}  // namespace
}  // namespace segrid::bench

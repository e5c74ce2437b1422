#include "bench/suite/micro.h"

#include <array>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

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

TEST(Micro, MakesARowOfEachPair) {
  constexpr std::array kCases = {
      MicroCase{"fast enough", "BM_A", "BM_B", 2},
      MicroCase{"too slow", "BM_A", "BM_B", 3},
      MicroCase{"for information", "BM_A", "BM_B", 0},
      MicroCase{"not there", "BM_A", "BM_C", 1},
  };
  const auto rows = MicroRows({{"BM_A", 10}, {"BM_B", 4}}, kCases);
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_DOUBLE_EQ(*rows[0].ratio, 2.5);
  EXPECT_EQ(rows[0].is_met, true);
  EXPECT_EQ(rows[1].is_met, false);
  EXPECT_EQ(rows[2].is_met, std::nullopt);
  EXPECT_EQ(rows[3].ratio, std::nullopt);
  EXPECT_EQ(rows[3].is_met, std::nullopt) << "not measured is not met";
}

TEST(Micro, RefusesOtherFiles) {
  EXPECT_FALSE(ReadMicro("").ok());
  EXPECT_FALSE(ReadMicro("{}").ok());
}

}  // namespace
}  // namespace segrid::bench

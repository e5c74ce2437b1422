#include "bench/load/schedule.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(Schedule, SpacesCallsEvenly) {
  const Schedule schedule({4}, 2 * kSecond, 0);
  ASSERT_EQ(schedule.calls(), 8);
  EXPECT_EQ(schedule.length_ns(), 2 * kSecond);
  for (std::int64_t i = 0; i < 8; ++i) {
    EXPECT_EQ(schedule.IntendedStart(i), i * kSecond / 4);
  }
}

TEST(Schedule, ChangesTheRateAtEachStep) {
  const Schedule schedule({1, 10, 2}, kSecond, 0);
  ASSERT_EQ(schedule.calls(), 13);
  EXPECT_EQ(schedule.IntendedStart(0), 0);
  EXPECT_EQ(schedule.IntendedStart(1), kSecond);
  EXPECT_EQ(schedule.IntendedStart(10), kSecond + 9 * kSecond / 10);
  EXPECT_EQ(schedule.IntendedStart(11), 2 * kSecond);
  EXPECT_EQ(schedule.IntendedStart(12), 2 * kSecond + kSecond / 2);
  EXPECT_EQ(schedule.StepAt(0), 0U);
  EXPECT_EQ(schedule.StepAt(kSecond), 1U);
  EXPECT_EQ(schedule.StepAt(3 * kSecond - 1), 2U);
  EXPECT_EQ(schedule.StepAt(9 * kSecond), 2U);
}

TEST(Schedule, WarmsUpAtTheFirstRate) {
  const Schedule schedule({2, 4}, kSecond, kSecond);
  EXPECT_EQ(schedule.calls(), 2 + 2 + 4);
  EXPECT_EQ(schedule.IntendedStart(2), kSecond);
  EXPECT_EQ(schedule.StepAt(kSecond / 2), 0U);
  EXPECT_EQ(schedule.StepAt(2 * kSecond), 1U);
}

TEST(Schedule, TakesRatesUnderOnePerSecond) {
  const Schedule schedule({0.5}, 4 * kSecond, 0);
  ASSERT_EQ(schedule.calls(), 2);
  EXPECT_EQ(schedule.IntendedStart(1), 2 * kSecond);
}

TEST(Schedule, DoesNotDriftOverMillionsOfCalls) {
  const Schedule schedule({3}, 1'000'000 * kSecond, 0);
  EXPECT_EQ(schedule.calls(), 3'000'000);
  EXPECT_EQ(schedule.IntendedStart(2'999'997), 999'999 * kSecond);
}

}  // namespace
}  // namespace segrid::bench

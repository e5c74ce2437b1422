#include "bench/suite/interval.h"

#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

TEST(MeanInterval, IsTheOneOfTextbooks) {
  // Mean 10, deviation 1, 7 values: 10 ± 5.959 ÷ √7.
  const std::vector<double> values = {9, 9, 9, 10, 11, 11, 11};
  const Interval interval = MeanInterval(values);
  EXPECT_NEAR(interval.low, 10 - 5.959 / 2.6458, 0.001);
  EXPECT_NEAR(interval.high, 10 + 5.959 / 2.6458, 0.001);
}

TEST(MeanInterval, AllowsForNoiseThatNobodyMeasured) {
  const std::vector<double> two = {1, 1};
  EXPECT_DOUBLE_EQ(MeanInterval(two).low, 0.9);
  EXPECT_DOUBLE_EQ(MeanInterval(two).high, 1.1);
}

TEST(MeanInterval, HoldsTheMeanNearlyAlways) {
  std::mt19937 random(7);
  std::normal_distribution<double> noise(1, 0.05);
  int missed = 0;
  for (int turn = 0; turn < 2'000; ++turn) {
    std::vector<double> values(9);
    for (double& value : values) value = noise(random);
    const Interval interval = MeanInterval(values);
    if (interval.low > 1 || interval.high < 1) ++missed;
  }
  EXPECT_LE(missed, 8) << "2 of 2,000 are expected";
}

TEST(RelativeSpread, IsHalfTheDistanceOfTheQuartiles) {
  const std::vector<double> values = {8, 9, 10, 11, 12};
  EXPECT_DOUBLE_EQ(RelativeSpread(values), 0.1);
  EXPECT_DOUBLE_EQ(RelativeSpread({}), 0);
}

}  // namespace
}  // namespace segrid::bench

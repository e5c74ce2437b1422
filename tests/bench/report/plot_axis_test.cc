#include "bench/report/plot_axis.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;

TEST(PlotAxis, StartsAtZeroWithRoundTicks) {
  const Scale scale({.label = "calls/s", .unit = AxisUnit::kRate}, 8'700,
                    9'300);
  EXPECT_THAT(scale.ticks(),
              ElementsAre(DoubleEq(0), DoubleEq(2000), DoubleEq(4000),
                          DoubleEq(6000), DoubleEq(8000), DoubleEq(10'000)));
  EXPECT_DOUBLE_EQ(scale.Place(5000), 0.5);
  EXPECT_EQ(scale.Label(2000), "2 k");
}

TEST(PlotAxis, ShowsDecadesOfTime) {
  const Scale scale(
      {.label = "latency", .unit = AxisUnit::kSeconds, .is_log = true}, 2e-4,
      0.9);
  ASSERT_EQ(scale.ticks().size(), 5U);
  EXPECT_EQ(scale.Label(scale.ticks().front()), "100 µs");
  EXPECT_EQ(scale.Label(scale.ticks().back()), "1 s");
  EXPECT_NEAR(scale.Place(1e-2), 0.5, 1e-9);
}

TEST(PlotAxis, NamesPercentiles) {
  const Scale scale(
      {.label = "share", .unit = AxisUnit::kPercentile, .is_log = true}, 1,
      5000);
  EXPECT_EQ(scale.Label(1), "0 %");
  EXPECT_EQ(scale.Label(10), "90 %");
  EXPECT_EQ(scale.Label(100), "99 %");
  EXPECT_EQ(scale.Label(1000), "99.9 %");
  EXPECT_LE(scale.Place(5000), 1.0 + 1e-9);
}

TEST(PlotAxis, WidensAnEmptyRange) {
  const Scale scale({.label = "cores"}, 0, 0);
  EXPECT_DOUBLE_EQ(scale.Place(0), 0);
  EXPECT_GE(scale.ticks().size(), 2U);
}

}  // namespace
}  // namespace segrid::bench

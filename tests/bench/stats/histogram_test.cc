#include "bench/stats/histogram.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "bench/load/random.h"
#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

// The exact answer: the smallest value that `percent` of all do not exceed.
std::int64_t Exact(const std::vector<std::int64_t>& sorted, double percent) {
  const auto rank = static_cast<std::size_t>(
      std::ceil(percent / 100 * static_cast<double>(sorted.size()) - 1e-9));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

// From nanoseconds to minutes, evenly on a logarithmic scale.
std::vector<std::int64_t> Latencies(std::size_t count) {
  Random random(7);
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < count; ++i) {
    const double exponent = static_cast<double>(random.Below(11'000)) / 1000;
    values.push_back(static_cast<std::int64_t>(std::pow(10, exponent)));
  }
  return values;
}

TEST(Histogram, IsWithinAThousandthOfTheExactPercentile) {
  std::vector<std::int64_t> values = Latencies(100'000);
  Histogram histogram;
  for (const std::int64_t value : values) histogram.Add(value);
  std::sort(values.begin(), values.end());
  for (const double percent : {0.0, 1.0, 50.0, 90.0, 99.0, 99.9, 99.99}) {
    const auto exact = static_cast<double>(Exact(values, percent));
    const auto answer = static_cast<double>(histogram.Percentile(percent));
    EXPECT_NEAR(answer, exact, exact * 0.001 + 1) << percent;
  }
  EXPECT_EQ(histogram.min(), values.front());
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_EQ(histogram.Percentile(100), values.back());
}

TEST(Histogram, IsExactForSmallValues) {
  Histogram histogram;
  for (std::int64_t value = 1; value <= 1000; ++value) histogram.Add(value);
  EXPECT_EQ(histogram.Percentile(50), 500);
  EXPECT_EQ(histogram.Percentile(99.9), 999);
  EXPECT_DOUBLE_EQ(histogram.mean(), 500.5);
}

TEST(Histogram, MergesToWhatOneWouldHold) {
  const std::vector<std::int64_t> values = Latencies(10'000);
  Histogram all;
  Histogram odd;
  Histogram even;
  for (std::size_t i = 0; i < values.size(); ++i) {
    all.Add(values[i]);
    (i % 2 == 0 ? even : odd).Add(values[i]);
  }
  even.Merge(odd);
  EXPECT_EQ(even.count(), all.count());
  EXPECT_EQ(even.max(), all.max());
  EXPECT_EQ(even.min(), all.min());
  for (double percent = 0; percent <= 100; percent += 0.5) {
    EXPECT_EQ(even.Percentile(percent), all.Percentile(percent)) << percent;
  }
}

TEST(Histogram, ForgetsWhenCleared) {
  Histogram histogram;
  histogram.Add(5'000'000, 3);
  histogram.Clear();
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.Percentile(50), 0);
  EXPECT_EQ(histogram.min(), 0);
  histogram.Add(7);
  EXPECT_EQ(histogram.Percentile(99), 7);
  EXPECT_EQ(histogram.Buckets().size(), 1U);
}

TEST(Histogram, KeepsValuesBeyondItsRangeAtItsEnds) {
  Histogram histogram;
  histogram.Add(-5);
  histogram.Add(Histogram::kMaxValue * 4);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.max(), Histogram::kMaxValue);
}

TEST(Histogram, BucketsCoverEveryValueOnce) {
  const std::vector<std::int64_t> values = Latencies(2'000);
  Histogram histogram;
  for (const std::int64_t value : values) histogram.Add(value);
  std::int64_t sum = 0;
  std::int64_t last = -1;
  for (const Histogram::Bucket& bucket : histogram.Buckets()) {
    EXPECT_GT(bucket.lower, last);
    EXPECT_GE(bucket.upper, bucket.lower);
    last = bucket.upper;
    sum += bucket.count;
    EXPECT_EQ(bucket.count,
              std::count_if(values.begin(), values.end(), [&](auto value) {
                return value >= bucket.lower && value <= bucket.upper;
              }));
  }
  EXPECT_EQ(sum, histogram.count());
}

}  // namespace
}  // namespace segrid::bench

#include "bench/stats/metric_catalog.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

RunResult Sample() {
  RunResult run;
  run.elapsed_seconds = 2;
  run.total.codes[kOk] = 100;
  run.total.codes[kUnavailable] = 25;
  run.total.events = 1'000;
  run.total.request_bytes = 4'096;
  run.total.response_bytes = 2'048;
  run.total.latency.Add(1'000'000, 99);
  run.total.latency.Add(9'000'000, 1);
  return run;
}

double ValueOf(const RunResult& run, std::string_view name) {
  return FindMetric(name)->value(run).value_or(-1);
}

TEST(MetricCatalog, NamesAndKeysAreUnique) {
  std::set<std::string_view> seen;
  for (const MetricRow& row : Metrics()) {
    EXPECT_TRUE(seen.insert(row.name).second) << row.name;
    if (row.key == row.name) continue;
    EXPECT_TRUE(seen.insert(row.key).second) << row.key;
  }
}

TEST(MetricCatalog, CountsSuccessesOnlyInThroughputAndLatency) {
  const RunResult run = Sample();
  EXPECT_DOUBLE_EQ(ValueOf(run, "calls/s"), 50);
  EXPECT_DOUBLE_EQ(ValueOf(run, "events/s"), 500);
  EXPECT_DOUBLE_EQ(ValueOf(run, "bytes/s"), 3'072);
  EXPECT_DOUBLE_EQ(ValueOf(run, "calls"), 125);
  EXPECT_DOUBLE_EQ(ValueOf(run, "errors"), 25);
  EXPECT_DOUBLE_EQ(ValueOf(run, "error share"), 0.2);
  EXPECT_NEAR(ValueOf(run, "p50"), 0.001, 1e-6);
  EXPECT_NEAR(ValueOf(run, "max"), 0.009, 1e-9);
}

TEST(MetricCatalog, HasNoFigureWhereNothingWasMeasured) {
  const RunResult nothing;
  EXPECT_FALSE(FindMetric("p99")->value(nothing).has_value());
  EXPECT_FALSE(FindMetric("server rss")->value(nothing).has_value());
}

TEST(MetricCatalog, FormatsForPeople) {
  EXPECT_EQ(FormatValue(Unit::kSeconds, 0.00125), "1.25 ms");
  EXPECT_EQ(FormatValue(Unit::kSeconds, 12.5e-6), "12.5 us");
  EXPECT_EQ(FormatValue(Unit::kPerSecond, 53'210), "53.2 k/s");
  EXPECT_EQ(FormatValue(Unit::kBytes, 41 * 1048576.0), "41.0 MiB");
  EXPECT_EQ(FormatValue(Unit::kShare, 0.005), "0.5 %");
  EXPECT_EQ(FormatValue(Unit::kCount, 42), "42");
}

}  // namespace
}  // namespace segrid::bench

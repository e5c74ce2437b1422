#include "server/status_page/recent_latency.h"

#include "gtest/gtest.h"

namespace segrid::status_page {
namespace {

class RecentLatencyTest : public ::testing::Test {
 protected:
  // `minutes` pass, with a delivery that took `seconds` in each.
  void Pass(int minutes, int seconds) {
    for (int i = 0; i < minutes; ++i) {
      figures_->latency().Observe(absl::Seconds(seconds));
      uptime_ += absl::Minutes(1);
      recent_.Look(uptime_);
    }
  }
  metrics::HistogramFigures Now() const { return recent_.Of("a", uptime_); }

  metrics::DeliveryRegistry deliveries_;
  const std::shared_ptr<metrics::DeliveryFigures> figures_ =
      deliveries_.Of("a");
  absl::Duration uptime_ = absl::Hours(5);
  RecentLatency recent_{deliveries_};
};

TEST_F(RecentLatencyTest, TellsAllUntilAnHourIsOver) {
  recent_.Look(uptime_);
  Pass(59, 1);
  EXPECT_EQ(Now().count(), 59);
}

TEST_F(RecentLatencyTest, ForgetsWhatIsOlderThanAnHour) {
  Pass(300, 100);
  Pass(66, 1);
  EXPECT_GE(Now().count(), 60);
  EXPECT_LE(Now().count(), 65);
  EXPECT_LE(Now().Quantile(0.99), 1);
  EXPECT_GT(figures_->latency().Figures().Quantile(0.5), 50);  // Since ever.
}

TEST_F(RecentLatencyTest, IsEmptyAfterAnIdleHour) {
  Pass(10, 1);
  for (int i = 0; i < 70; ++i) {
    uptime_ += absl::Minutes(1);
    recent_.Look(uptime_);
  }
  EXPECT_EQ(Now().count(), 0);
}

TEST_F(RecentLatencyTest, KnowsASourceThatComesLater) {
  Pass(70, 1);
  const auto later = deliveries_.Of("later");
  later->latency().Observe(absl::Seconds(3));
  EXPECT_EQ(recent_.Of("later", uptime_).count(), 1);
  EXPECT_EQ(deliveries_.Of("later"), later);
}

TEST_F(RecentLatencyTest, KnowsNothingOfStrangers) {
  Pass(1, 1);
  EXPECT_EQ(recent_.Of("b", uptime_).count(), 0);
}

}  // namespace
}  // namespace segrid::status_page

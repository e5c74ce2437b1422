#include "core/retry/backoff.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::retry {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

double Half() { return 0.5; }
double AlmostOne() { return 0.999999; }

std::vector<absl::Duration> Waits(Backoff& backoff, const Jitter& jitter,
                                  int count) {
  std::vector<absl::Duration> waits;
  for (int i = 0; i < count; ++i) waits.push_back(backoff.Next(jitter));
  return waits;
}

TEST(Backoff, BoundDoublesFromHalfASecondToAMinute) {
  Backoff backoff{BackoffOptions{}};
  const auto ms = [](int n) { return absl::Milliseconds(n); };
  EXPECT_THAT(Waits(backoff, Half, 9),
              ElementsAre(ms(250), ms(500), ms(1000), ms(2000), ms(4000),
                          ms(8000), ms(16000), ms(30000), ms(30000)));
}

TEST(Backoff, JitterIsFull) {
  Backoff low{BackoffOptions{}};
  EXPECT_THAT(Waits(
                  low, [] { return 0.0; }, 20),
              Each(absl::ZeroDuration()));
  Backoff high{BackoffOptions{}};
  EXPECT_GT(Waits(high, AlmostOne, 20).back(), absl::Seconds(59.9));
}

TEST(Backoff, StaysAtTheCapAfterManyFailures) {
  Backoff backoff{BackoffOptions{}};
  for (int i = 0; i < 100'000; ++i) (void)backoff.Next(Half);
  EXPECT_EQ(backoff.Next(Half), absl::Seconds(30));
}

TEST(Backoff, FloorIsKeptAndIsNoCeiling) {
  Backoff backoff{BackoffOptions{}};
  EXPECT_EQ(backoff.Next(Half, absl::Seconds(9)), absl::Seconds(9));
  EXPECT_EQ(backoff.Next(Half, absl::Milliseconds(1)), absl::Milliseconds(500));
}

TEST(Backoff, ResetStartsOver) {
  Backoff backoff{BackoffOptions{}};
  Waits(backoff, Half, 5);
  EXPECT_EQ(backoff.failures(), 5);
  backoff.Reset();
  EXPECT_EQ(backoff.failures(), 0);
  EXPECT_EQ(backoff.Next(Half), absl::Milliseconds(250));
}

TEST(UniformJitter, DrawsFromZeroToOne) {
  const Jitter jitter = UniformJitter();
  double least = 1;
  double most = 0;
  for (int i = 0; i < 1000; ++i) {
    const double drawn = jitter();
    least = std::min(least, drawn);
    most = std::max(most, drawn);
  }
  EXPECT_GE(least, 0);
  EXPECT_LT(most, 1);
  EXPECT_GT(most - least, 0.5);
}

TEST(BackoffOptions, ValidateNamesTheFirstBadOption) {
  EXPECT_TRUE(BackoffOptions{}.Validate().ok());
  const auto message = [](BackoffOptions options) {
    return std::string(options.Validate().message());
  };
  EXPECT_THAT(message({.base = absl::ZeroDuration()}), HasSubstr("base"));
  EXPECT_THAT(message({.multiplier = 0.5}), HasSubstr("multiplier"));
  EXPECT_THAT(message({.cap = absl::Milliseconds(1)}), HasSubstr("cap"));
}

}  // namespace
}  // namespace segrid::retry

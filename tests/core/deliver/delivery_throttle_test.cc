#include "core/deliver/delivery_throttle.h"

#include "gtest/gtest.h"

namespace segrid::deliver {
namespace {

constexpr absl::Duration kNow = absl::Hours(1);
constexpr absl::Duration kZero = absl::ZeroDuration();

DeliveryThrottle OpenThrottle(double rate = 1000) {
  return DeliveryThrottle(Options(), rate, [] { return 0.5; });
}

TEST(DeliveryThrottle, IsOpenAtFirst) {
  DeliveryThrottle throttle = OpenThrottle();
  EXPECT_EQ(throttle.WaitFor(kNow), kZero);
  EXPECT_EQ(throttle.state(), SourceState::kRunning);
  EXPECT_EQ(throttle.next_attempt(), absl::InfiniteDuration());
}

TEST(DeliveryThrottle, LimitsTheRate) {
  DeliveryThrottle throttle = OpenThrottle(10);
  EXPECT_EQ(throttle.WaitFor(kNow), kZero);
  throttle.Begin(kNow);
  EXPECT_GT(throttle.WaitFor(kNow), absl::Milliseconds(99));
  EXPECT_FALSE(throttle.Closed(kNow));
  throttle.Cancel();
  EXPECT_EQ(throttle.WaitFor(kNow), kZero);
}

TEST(DeliveryThrottle, LimitsTheEventsToo) {
  DeliveryThrottle throttle(
      Options(), 1000, [] { return 0.5; }, 100);
  EXPECT_EQ(throttle.WaitFor(kNow), kZero);
  throttle.Begin(kNow);
  throttle.Spend(250);
  EXPECT_GT(throttle.WaitFor(kNow), absl::Seconds(2.4));
  EXPECT_LT(throttle.WaitFor(kNow), absl::Seconds(2.6));
  EXPECT_FALSE(throttle.Closed(kNow));
  EXPECT_EQ(throttle.WaitFor(kNow + absl::Seconds(2.6)), kZero);
}

TEST(DeliveryThrottle, FailuresLengthenTheWaitAndASuccessEndsIt) {
  DeliveryThrottle throttle = OpenThrottle();
  for (const double wait : {0.25, 0.5, 1.0, 2.0}) {
    throttle.OnRetry(throttle.Begin(kNow), kNow, kZero, "why");
    EXPECT_GE(throttle.next_attempt(), kNow + absl::Seconds(wait));
  }
  EXPECT_EQ(throttle.state(), SourceState::kBackingOff);
  EXPECT_EQ(throttle.detail(), "why");
  EXPECT_TRUE(throttle.probing());
  throttle.OnSuccess(throttle.Begin(kNow));
  EXPECT_EQ(throttle.WaitFor(kNow), kZero);
  EXPECT_EQ(throttle.state(), SourceState::kRunning);
  EXPECT_EQ(throttle.detail(), "");
  throttle.OnRetry(throttle.Begin(kNow), kNow, kZero, "why");
  EXPECT_EQ(throttle.next_attempt(), kNow + absl::Seconds(0.25));
}

TEST(DeliveryThrottle, AttemptsThatBeganBeforeAFailureChangeNothing) {
  DeliveryThrottle throttle = OpenThrottle();
  const auto first = throttle.Begin(kNow);
  const auto second = throttle.Begin(kNow);
  const auto third = throttle.Begin(kNow);
  throttle.OnRetry(first, kNow, kZero, "first");
  throttle.OnRetry(second, kNow, kZero, "second");
  EXPECT_EQ(throttle.next_attempt(), kNow + absl::Seconds(0.25));
  EXPECT_EQ(throttle.detail(), "first");
  throttle.OnSuccess(third);
  EXPECT_TRUE(throttle.Closed(kNow));
  throttle.OnMisconfigured(third, kNow, "third");
  EXPECT_EQ(throttle.state(), SourceState::kBackingOff);
  throttle.OnWait(third, kNow, absl::Seconds(30), "third");
  EXPECT_EQ(throttle.next_attempt(), kNow + absl::Seconds(30));
}

TEST(DeliveryThrottle, WaitsAsLongAsItIsTold) {
  DeliveryThrottle throttle = OpenThrottle();
  throttle.OnWait(throttle.Begin(kNow), kNow, absl::Seconds(30), "HTTP 429");
  EXPECT_EQ(throttle.state(), SourceState::kRateLimited);
  EXPECT_EQ(throttle.WaitFor(kNow), absl::Seconds(30));
  EXPECT_EQ(throttle.WaitFor(kNow + absl::Seconds(30)), kZero);
  // It was no failure: the next one waits as the first.
  throttle.OnRetry(throttle.Begin(kNow), kNow + absl::Seconds(30), kZero,
                   "why");
  EXPECT_EQ(throttle.WaitFor(kNow + absl::Seconds(30)), absl::Seconds(0.25));
}

TEST(DeliveryThrottle, MisconfigurationWaitsFromAMinuteToAQuarterOfAnHour) {
  DeliveryThrottle throttle = OpenThrottle();
  absl::Duration now = kNow;
  for (const int minutes : {1, 2, 4, 8, 15, 15}) {
    throttle.OnMisconfigured(throttle.Begin(kNow), now, "HTTP 401");
    EXPECT_EQ(throttle.state(), SourceState::kMisconfigured);
    EXPECT_EQ(throttle.WaitFor(now), absl::Minutes(minutes));
    now += absl::Minutes(minutes);
  }
}

TEST(DeliveryThrottle, APauseIsForTheOperatorToEnd) {
  DeliveryThrottle throttle = OpenThrottle();
  throttle.Pause();
  EXPECT_EQ(throttle.WaitFor(kNow), absl::InfiniteDuration());
  EXPECT_EQ(throttle.state(), SourceState::kPaused);
  EXPECT_EQ(throttle.next_attempt(), absl::InfiniteDuration());
  throttle.Resume();
  EXPECT_EQ(throttle.WaitFor(kNow), kZero);
}

TEST(DeliveryThrottle, ResumeEndsEveryWait) {
  DeliveryThrottle throttle = OpenThrottle();
  const auto before = throttle.Begin(kNow);
  throttle.OnRetry(throttle.Begin(kNow), kNow, absl::Hours(1), "HTTP 503");
  throttle.Resume();
  EXPECT_EQ(throttle.WaitFor(kNow), kZero);
  EXPECT_EQ(throttle.state(), SourceState::kRunning);
  throttle.OnMisconfigured(before, kNow, "late");
  EXPECT_EQ(throttle.WaitFor(kNow), kZero);
}

TEST(DeliveryThrottle, ResumeLetsAHeldSourceProbeAtOnceAndKeepsItHeld) {
  DeliveryThrottle throttle = OpenThrottle();
  for (int i = 0; i < 5; ++i) throttle.Hold(kNow, "HTTP 401");
  throttle.Resume();
  EXPECT_EQ(throttle.WaitFor(kNow), kZero);
  EXPECT_EQ(throttle.state(), SourceState::kMisconfigured);
  EXPECT_EQ(throttle.detail(), "HTTP 401");
  throttle.OnMisconfigured(throttle.Begin(kNow), kNow, "HTTP 401");
  EXPECT_EQ(throttle.WaitFor(kNow), absl::Minutes(1)) << "as the first time";
  throttle.OnSuccess(throttle.Begin(kNow));
  EXPECT_EQ(throttle.state(), SourceState::kRunning);
}

TEST(DeliveryThrottle, FailuresOfAProbeSetTheNextOneAndTheStateStays) {
  DeliveryThrottle throttle = OpenThrottle();
  throttle.Hold(kNow, "HTTP 404");
  absl::Duration now = kNow + absl::Minutes(1);
  throttle.OnWait(throttle.Begin(now), now, absl::Seconds(7), "HTTP 429");
  EXPECT_EQ(throttle.WaitFor(now), absl::Seconds(7));
  now += absl::Seconds(7);
  throttle.OnRetry(throttle.Begin(now), now, kZero, "HTTP 503");
  EXPECT_EQ(throttle.WaitFor(now), absl::Seconds(0.25));
  EXPECT_EQ(throttle.state(), SourceState::kMisconfigured);
  EXPECT_EQ(throttle.detail(), "HTTP 404");
  now += absl::Seconds(1);
  throttle.OnRefused(throttle.Begin(now), now);
  EXPECT_EQ(throttle.WaitFor(now), absl::Minutes(2));
}

TEST(DeliveryThrottle, AnArrivalIsProbedAtMostOnceAMinute) {
  DeliveryThrottle throttle = OpenThrottle();
  absl::Duration now = kNow;
  for (int i = 0; i < 6; ++i) {
    throttle.OnMisconfigured(throttle.Begin(now), now, "HTTP 404");
  }
  EXPECT_EQ(throttle.WaitFor(now), absl::Minutes(15));
  throttle.OnArrival(now + absl::Seconds(20));
  EXPECT_EQ(throttle.WaitFor(now + absl::Seconds(20)), absl::Seconds(40));
  now += absl::Minutes(5);
  throttle.OnArrival(now);
  EXPECT_EQ(throttle.WaitFor(now), kZero);
  // A time that the receiver asked for is kept.
  throttle.OnWait(throttle.Begin(now), now, absl::Minutes(4), "HTTP 429");
  throttle.OnArrival(now + absl::Minutes(2));
  EXPECT_EQ(throttle.WaitFor(now + absl::Minutes(2)), absl::Minutes(2));
  // It changes nothing for a source that is not held.
  DeliveryThrottle other = OpenThrottle();
  other.OnWait(other.Begin(kNow), kNow, absl::Minutes(4), "HTTP 429");
  other.OnArrival(kNow + absl::Minutes(2));
  EXPECT_EQ(other.WaitFor(kNow + absl::Minutes(2)), absl::Minutes(2));
}

}  // namespace
}  // namespace segrid::deliver

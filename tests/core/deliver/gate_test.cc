#include "core/deliver/gate.h"

#include "gtest/gtest.h"

namespace segrid::deliver {
namespace {

constexpr absl::Duration kNow = absl::Hours(1);
constexpr absl::Duration kZero = absl::ZeroDuration();

Gate OpenGate(double rate = 1000) {
  return Gate(Options(), rate, [] { return 0.5; });
}

TEST(Gate, IsOpenAtFirst) {
  Gate gate = OpenGate();
  EXPECT_EQ(gate.WaitFor(kNow), kZero);
  EXPECT_EQ(gate.state(), SourceState::kRunning);
  EXPECT_EQ(gate.next_attempt(), absl::InfiniteDuration());
}

TEST(Gate, LimitsTheRate) {
  Gate gate = OpenGate(10);
  EXPECT_EQ(gate.WaitFor(kNow), kZero);
  gate.Begin();
  EXPECT_GT(gate.WaitFor(kNow), absl::Milliseconds(99));
  EXPECT_FALSE(gate.Held(kNow));
  gate.Cancel();
  EXPECT_EQ(gate.WaitFor(kNow), kZero);
}

TEST(Gate, FailuresLengthenTheWaitAndASuccessEndsIt) {
  Gate gate = OpenGate();
  for (const double wait : {0.25, 0.5, 1.0, 2.0}) {
    gate.OnRetry(gate.Begin(), kNow, kZero, "why");
    EXPECT_GE(gate.next_attempt(), kNow + absl::Seconds(wait));
  }
  EXPECT_EQ(gate.state(), SourceState::kBackingOff);
  EXPECT_EQ(gate.detail(), "why");
  EXPECT_TRUE(gate.probing());
  gate.OnSuccess(gate.Begin());
  EXPECT_EQ(gate.WaitFor(kNow), kZero);
  EXPECT_EQ(gate.state(), SourceState::kRunning);
  EXPECT_EQ(gate.detail(), "");
  gate.OnRetry(gate.Begin(), kNow, kZero, "why");
  EXPECT_EQ(gate.next_attempt(), kNow + absl::Seconds(0.25));
}

TEST(Gate, AttemptsThatBeganBeforeAFailureChangeNothing) {
  Gate gate = OpenGate();
  const auto first = gate.Begin();
  const auto second = gate.Begin();
  const auto third = gate.Begin();
  gate.OnRetry(first, kNow, kZero, "first");
  gate.OnRetry(second, kNow, kZero, "second");
  EXPECT_EQ(gate.next_attempt(), kNow + absl::Seconds(0.25));
  EXPECT_EQ(gate.detail(), "first");
  gate.OnSuccess(third);
  EXPECT_TRUE(gate.Held(kNow));
  gate.OnMisconfigured(third, kNow, "third");
  EXPECT_EQ(gate.state(), SourceState::kBackingOff);
  gate.OnWait(third, kNow, absl::Seconds(30), "third");
  EXPECT_EQ(gate.next_attempt(), kNow + absl::Seconds(30));
}

TEST(Gate, WaitsAsLongAsItIsTold) {
  Gate gate = OpenGate();
  gate.OnWait(gate.Begin(), kNow, absl::Seconds(30), "HTTP 429");
  EXPECT_EQ(gate.state(), SourceState::kRateLimited);
  EXPECT_EQ(gate.WaitFor(kNow), absl::Seconds(30));
  EXPECT_EQ(gate.WaitFor(kNow + absl::Seconds(30)), kZero);
  // It was no failure: the next one waits as the first.
  gate.OnRetry(gate.Begin(), kNow + absl::Seconds(30), kZero, "why");
  EXPECT_EQ(gate.WaitFor(kNow + absl::Seconds(30)), absl::Seconds(0.25));
}

TEST(Gate, MisconfigurationWaitsFromAMinuteToAQuarterOfAnHour) {
  Gate gate = OpenGate();
  absl::Duration now = kNow;
  for (const int minutes : {1, 2, 4, 8, 15, 15}) {
    gate.OnMisconfigured(gate.Begin(), now, "HTTP 401");
    EXPECT_EQ(gate.state(), SourceState::kMisconfigured);
    EXPECT_EQ(gate.WaitFor(now), absl::Minutes(minutes));
    now += absl::Minutes(minutes);
  }
}

TEST(Gate, APauseIsForTheOperatorToEnd) {
  Gate gate = OpenGate();
  gate.Pause();
  EXPECT_EQ(gate.WaitFor(kNow), absl::InfiniteDuration());
  EXPECT_EQ(gate.state(), SourceState::kPaused);
  EXPECT_EQ(gate.next_attempt(), absl::InfiniteDuration());
  gate.Resume();
  EXPECT_EQ(gate.WaitFor(kNow), kZero);
}

TEST(Gate, ResumeEndsEveryWait) {
  Gate gate = OpenGate();
  const auto before = gate.Begin();
  gate.OnMisconfigured(gate.Begin(), kNow, "HTTP 401");
  gate.Resume();
  EXPECT_EQ(gate.WaitFor(kNow), kZero);
  EXPECT_EQ(gate.state(), SourceState::kRunning);
  gate.OnMisconfigured(before, kNow, "late");
  EXPECT_EQ(gate.WaitFor(kNow), kZero);
}

}  // namespace
}  // namespace segrid::deliver

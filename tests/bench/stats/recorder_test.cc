#include "bench/stats/recorder.h"

#include <vector>

#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

constexpr Ended kSuccess{.step = 0,
                         .intended_ns = 1'000,
                         .end_ns = 1'500,
                         .code = kOk,
                         .events = 10,
                         .request_bytes = 100,
                         .response_bytes = 200};

Ended Failed(std::size_t code) {
  Ended ended = kSuccess;
  ended.code = code;
  return ended;
}

std::vector<StepResult> StepsOf(const Recorder& recorder, std::size_t count) {
  std::vector<StepResult> steps(count);
  recorder.AddTo(steps);
  return steps;
}

TEST(Recorder, CountsAFailureAsNothingButItsCode) {
  Recorder recorder(0, 1);
  recorder.Record(kSuccess);
  recorder.Record(Failed(kUnavailable));
  const Tally tally = StepsOf(recorder, 1)[0].tally;
  EXPECT_EQ(tally.calls(), 2);
  EXPECT_EQ(tally.errors(), 1);
  EXPECT_EQ(tally.codes[kUnavailable], 1);
  EXPECT_EQ(tally.latency.count(), 1);
  EXPECT_EQ(tally.latency.max(), 500);
  EXPECT_EQ(tally.events, 10);
  EXPECT_EQ(tally.request_bytes, 100);
  EXPECT_EQ(tally.response_bytes, 200);
}

TEST(Recorder, LeavesOutTheWarmUpByTheIntendedStart) {
  Recorder recorder(/*window_start_ns=*/1'001, 1);
  recorder.Record(kSuccess);
  EXPECT_EQ(StepsOf(recorder, 1)[0].tally.calls(), 0);
}

TEST(Recorder, KeepsStepsApart) {
  Recorder recorder(0, 2);
  recorder.Record(kSuccess);
  Ended later = kSuccess;
  later.step = 1;
  recorder.Record(later);
  recorder.Record(later);
  const auto steps = StepsOf(recorder, 2);
  EXPECT_EQ(steps[0].tally.calls(), 1);
  EXPECT_EQ(steps[1].tally.calls(), 2);
}

TEST(Recorder, GivesEachCallToOneSlice) {
  Recorder recorder(0, 1);
  recorder.Record(kSuccess);
  Tally first;
  recorder.TakeSlice(first);
  EXPECT_EQ(first.calls(), 1);
  Tally second;
  recorder.TakeSlice(second);
  EXPECT_EQ(second.calls(), 0);
  EXPECT_EQ(second.latency.count(), 0);
  EXPECT_EQ(StepsOf(recorder, 1)[0].tally.calls(), 1);
}

TEST(Recorder, ExplainsTheFirstErrorOnly) {
  Recorder recorder(0, 1);
  recorder.Explain(kUnavailable, "first");
  recorder.Explain(kUnknown, "second");
  EXPECT_EQ(recorder.first_error(), "UNAVAILABLE: first");
}

}  // namespace
}  // namespace segrid::bench

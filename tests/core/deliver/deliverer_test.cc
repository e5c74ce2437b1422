#include "core/deliver/deliverer.h"

#include <string>
#include <vector>

#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/deliver/delivery_bench.h"

namespace segrid::deliver {
namespace {

using receivers::Verdict;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Deliverer, DeliversInOrderAfterTheLinger) {
  DeliveryBench bench;
  bench.Start();
  bench.Append(2);
  bench.executor.Advance(absl::Milliseconds(30));
  bench.Append(1, 2);
  bench.executor.Advance(absl::Milliseconds(19));
  EXPECT_THAT(bench.script().arrivals, IsEmpty());
  bench.executor.Advance(absl::Milliseconds(1));
  ASSERT_EQ(bench.script().arrivals.size(), 1u);
  EXPECT_THAT(bench.script().arrivals.at(0).tracks,
              ElementsAre(testing::TrackJson("m0"), testing::TrackJson("m1"),
                          testing::TrackJson("m2")));
  EXPECT_EQ(bench.stats().delivered, 0);
  bench.executor.Advance(absl::Milliseconds(10));
  EXPECT_EQ(bench.stats().delivered, 3);
  EXPECT_EQ(bench.status().messages_sent, 3);
  EXPECT_EQ(bench.status().in_flight, 0);
}

TEST(Deliverer, TakesWhatWasQueuedBeforeTheStartAtOnce) {
  DeliveryBench bench;
  bench.Append(1);
  bench.Start();
  EXPECT_EQ(bench.script().arrivals.size(), 1u);
}

TEST(Deliverer, FillsBatchesToTheLimitsAndDoesNotLingerBetweenThem) {
  DeliveryBench bench;
  bench.script().limits = {.max_batch_messages = 100, .max_batch_bytes = 1900};
  bench.Append(250);
  bench.Start();
  bench.executor.Advance(absl::Milliseconds(11));
  EXPECT_EQ(bench.stats().delivered, 250);
  std::vector<std::size_t> sizes;
  for (const auto& arrival : bench.script().arrivals) {
    sizes.push_back(arrival.tracks.size());
  }
  // 19 bytes and more with the comma: 1,900 bytes are at most 100 tracks.
  EXPECT_EQ(sizes.size(), 3u);
  EXPECT_LE(*std::max_element(sizes.begin(), sizes.end()), 100u);
}

TEST(Deliverer, KeepsToItsBatchesInFlight) {
  Source source;
  source.max_in_flight = 3;
  DeliveryBench bench(std::move(source));
  bench.script().limits = {.max_batch_messages = 1};
  bench.Append(20);
  bench.Start();
  EXPECT_EQ(bench.status().in_flight, 3);
  bench.executor.Advance(absl::Seconds(2));
  EXPECT_EQ(bench.stats().delivered, 20);
  EXPECT_EQ(bench.script().max_in_flight, 3);
}

TEST(Deliverer, KeepsToItsRate) {
  Source source;
  source.requests_per_second = 10;
  DeliveryBench bench(std::move(source));
  bench.script().limits = {.max_batch_messages = 1};
  bench.Append(100);
  bench.Start();
  bench.executor.Advance(absl::Seconds(5));
  EXPECT_NEAR(static_cast<double>(bench.script().arrivals.size()), 51, 1);
}

TEST(Deliverer, KeepsToItsEventsPerSecond) {
  for (const double rate : {7.0, 100.0, 1'000.0}) {
    Source source;
    source.events_per_second = rate;
    source.max_in_flight = 4;
    DeliveryBench bench(std::move(source));
    bench.Append(20'000);
    bench.Start();
    bench.executor.Advance(absl::Seconds(10));
    // At most one batch, a second's worth, before its time.
    EXPECT_GE(static_cast<double>(bench.stats().delivered), 9 * rate) << rate;
    EXPECT_LE(static_cast<double>(bench.stats().delivered), 11 * rate + 1)
        << rate;
  }
}

TEST(Deliverer, CostsNothingWhileIdleOrPausedOrWaiting) {
  DeliveryBench bench;
  bench.Start();
  bench.Append(5);
  bench.executor.Advance(absl::Minutes(10));
  auto before = bench.executor.tasks_run();
  bench.executor.Advance(absl::Hours(10));
  EXPECT_EQ(bench.executor.tasks_run(), before);
  EXPECT_EQ(bench.executor.NextTimer(), absl::InfiniteDuration());

  ASSERT_TRUE(bench.deliverer().Pause("prod").ok());
  bench.Append(5, 100);
  bench.executor.Advance(absl::Minutes(1));
  before = bench.executor.tasks_run();
  bench.executor.Advance(absl::Hours(1));
  EXPECT_EQ(bench.executor.tasks_run(), before);

  ASSERT_TRUE(bench.deliverer().Resume("prod").ok());
  bench.script().answer = [](const auto&) {
    return Answer(Verdict::kMisconfigured);
  };
  bench.executor.Advance(absl::Hours(1));
  before = bench.executor.tasks_run();
  bench.executor.Advance(absl::Hours(10));  // 40 attempts.
  EXPECT_LT(bench.executor.tasks_run(), before + 40 * 20);
}

TEST(Deliverer, PauseStopsTakingAndResumeGoesOn) {
  DeliveryBench bench;
  bench.Start();
  ASSERT_TRUE(bench.deliverer().Pause("prod").ok());
  EXPECT_EQ(bench.status().state, SourceState::kPaused);
  bench.Append(3);
  bench.executor.Advance(absl::Hours(1));
  EXPECT_THAT(bench.script().arrivals, IsEmpty());
  EXPECT_EQ(bench.status().state, SourceState::kPaused);
  EXPECT_FALSE(bench.status().detail.empty());
  EXPECT_EQ(bench.status().next_attempt, absl::InfiniteFuture());
  ASSERT_TRUE(bench.deliverer().Resume("prod").ok());
  EXPECT_EQ(bench.status().state, SourceState::kRunning);
  bench.executor.Advance(absl::Milliseconds(10));
  EXPECT_EQ(bench.stats().delivered, 3);
}

TEST(Deliverer, TellsSinceWhenASourceHasItsState) {
  DeliveryBench bench;
  const absl::Time started = bench.clock.Now();
  bench.Start();
  bench.executor.Advance(absl::Minutes(3));
  EXPECT_EQ(bench.status().state_since, started);
  const absl::Time paused = bench.clock.Now();
  ASSERT_TRUE(bench.deliverer().Pause("prod").ok());
  EXPECT_EQ(bench.status().state_since, paused);
  bench.executor.Advance(absl::Minutes(5));
  bench.Append(1);  // Published again in the same state.
  bench.executor.Advance(absl::Minutes(5));
  EXPECT_EQ(bench.status().state_since, paused);
  bench.script().answer = [](const auto&) {
    return Answer(Verdict::kMisconfigured);
  };
  ASSERT_TRUE(bench.deliverer().Resume("prod").ok());
  const absl::Time resumed = bench.clock.Now();
  bench.executor.Advance(absl::Hours(2));
  EXPECT_EQ(bench.status().state, SourceState::kMisconfigured);
  EXPECT_GE(bench.status().state_since, resumed);
  EXPECT_LE(bench.status().state_since, resumed + absl::Minutes(1));
}

TEST(Deliverer, ASlowOrFailingSourceDelaysNoOther) {
  DeliveryBench bench;
  bench.script().hang = true;
  Source other;
  other.name = "other";
  bench.AddSource(std::move(other));
  Source failing;
  failing.name = "failing";
  bench.AddSource(std::move(failing)).answer = [](const auto&) {
    return Answer(Verdict::kRetry);
  };
  bench.Start();
  for (int i = 0; i < 20; ++i) {
    bench.Append(1, i);
    bench.calls.Append("failing", {absl::StrCat("f", i)});
    bench.calls.Append("other", {absl::StrCat("o", i)});
    bench.executor.Advance(absl::Milliseconds(61));
    EXPECT_EQ(bench.calls.Stats("other").delivered, i + 1);
  }
  EXPECT_EQ(bench.stats().delivered, 0);
}

TEST(Deliverer, DrainFinishesWhatIsInFlightAndTakesNoMore) {
  DeliveryBench bench;
  bench.script().limits = {.max_batch_messages = 1};
  bench.Append(10);
  bench.Start();
  absl::Status drained = absl::UnknownError("not yet");
  bench.deliverer().Drain(bench.clock.Now() + absl::Seconds(20),
                          [&](absl::Status status) { drained = status; });
  bench.executor.Advance(absl::Milliseconds(9));
  EXPECT_FALSE(drained.ok());
  bench.executor.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(drained.ok()) << drained;
  EXPECT_EQ(bench.stats().delivered, 4);
  bench.executor.Advance(absl::Hours(1));
  EXPECT_EQ(bench.stats().delivered, 4);
  EXPECT_EQ(bench.stats().pending, 6);
}

TEST(Deliverer, DrainGivesUpAtItsDeadline) {
  DeliveryBench bench;
  bench.script().hang = true;
  bench.Append(1);
  bench.Start();
  absl::Status drained;
  int calls = 0;
  bench.deliverer().Drain(bench.clock.Now() + absl::Seconds(20),
                          [&](absl::Status status) {
                            drained = status;
                            ++calls;
                          });
  bench.executor.Advance(absl::Seconds(19));
  EXPECT_EQ(calls, 0);
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(base::ReasonOf(drained), "DRAIN_TIMEOUT");
}

TEST(Deliverer, UnknownSourcesAreNotFound) {
  DeliveryBench bench;
  bench.Start();
  EXPECT_EQ(base::ReasonOf(bench.deliverer().Pause("nobody")),
            "UNKNOWN_SOURCE");
  EXPECT_EQ(base::ReasonOf(bench.deliverer().Resume("nobody")),
            "UNKNOWN_SOURCE");
  EXPECT_EQ(base::ReasonOf(bench.deliverer().Status("nobody").status()),
            "UNKNOWN_SOURCE");
  absl::Status status;
  bench.deliverer().NotifySettled(
      "nobody", {}, absl::InfiniteFuture(),
      [&](absl::StatusOr<SettledCounts> counts) { status = counts.status(); });
  EXPECT_EQ(base::ReasonOf(status), "UNKNOWN_SOURCE");
}

}  // namespace
}  // namespace segrid::deliver

#include "core/engine/backlog.h"

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/core/deliver/delivery_bench.h"

namespace segrid::engine {
namespace {

using receivers::Verdict;

// How long it waits for a source that has one message and gets `verdict`.
absl::Duration Waits(Verdict verdict, QueueLife life, absl::Duration most) {
  deliver::DeliveryBench bench;
  bench.script().latency = absl::ZeroDuration();
  bench.script().answer = [verdict](const auto&) {
    return deliver::Answer(verdict, absl::Hours(1));
  };
  bench.Append(1);
  bench.Start();
  EXPECT_EQ(PendingTracks(bench.deliverer(), bench.queue), 1);
  const absl::Time start = absl::Now();
  WaitUntilDelivered(bench.deliverer(), bench.queue, life, start + most);
  return absl::Now() - start;
}

TEST(Backlog, OfASourceThatFailsStaysForTheNextStart) {
  for (const Verdict verdict :
       {Verdict::kRetry, Verdict::kWait, Verdict::kMisconfigured}) {
    EXPECT_LT(Waits(verdict, QueueLife::kStays, absl::Minutes(2)),
              absl::Minutes(1));
  }
}

TEST(Backlog, IsWaitedForWhenItDiesWithTheProcess) {
  constexpr absl::Duration kMost = absl::Milliseconds(20);
  EXPECT_GE(Waits(Verdict::kRetry, QueueLife::kDies, kMost), kMost);
  EXPECT_GE(Waits(Verdict::kWait, QueueLife::kDies, kMost), kMost);
}

TEST(Backlog, OnlyAQueueInMemoryDies) {
  config::Queue queue;
  EXPECT_EQ(LifeOf(queue), QueueLife::kStays);
  queue.store = config::Queue::Store::kMemory;
  EXPECT_EQ(LifeOf(queue), QueueLife::kDies);
}

}  // namespace
}  // namespace segrid::engine

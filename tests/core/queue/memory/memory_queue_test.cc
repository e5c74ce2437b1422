#include "core/queue/memory/memory_queue.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "gtest/gtest.h"
#include "tests/contract/queue_dead_letter_contract.h"
#include "tests/testing/fake_clock.h"

namespace segrid::queue {
namespace {

using memory::MemoryOptions;
using memory::MemoryQueue;

struct MemoryStore {
  static constexpr std::int64_t kMaxBytes = 3'000'000;
  static constexpr std::int64_t kMaxLaneBytes = 1'000'000;

  Queue& queue() { return queue_; }

  testing::FakeClock clock;
  MemoryQueue queue_{{.max_bytes = kMaxBytes, .max_lane_bytes = kMaxLaneBytes},
                     clock};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, QueueContract, MemoryStore);

TEST(MemoryQueue, ForgetsTheOldestIdsWhenItsMemoryForThemIsFull) {
  testing::FakeClock clock;
  MemoryQueue queue(
      {.dedup_memory_bytes = 3 * memory::DedupWindow::kBytesPerId}, clock);
  testing::QueueCalls calls(queue);
  EXPECT_EQ(queue.GetStoreStats()->dedup_window, absl::Hours(24));
  for (const char* id : {"a", "b", "c", "d"}) {
    calls.Append("prod", {id});
    clock.Advance(absl::Minutes(1));
  }
  EXPECT_EQ(calls.Append("prod", {"b", "c", "d"}).duplicates, 3);
  EXPECT_EQ(queue.GetStoreStats()->dedup_ids, 3);
  EXPECT_EQ(queue.GetStoreStats()->dedup_window, absl::Minutes(4));
  EXPECT_EQ(calls.Append("prod", {"a"}).accepted, 1);
}

TEST(MemoryQueue, DeletesNoDeadLetterForAnother) {
  testing::FakeClock clock;
  MemoryQueue queue(
      {.max_dead_letter_bytes = 40, .max_dead_letter_age = absl::Hours(1)},
      clock);
  testing::QueueCalls calls(queue);
  calls.Append("prod", {"a", "b", "c", "d"});  // 17 bytes each.
  const Lease lease = calls.Take("prod");
  const absl::Status full =
      calls.DeadLetter(testing::AllOf("prod", lease), {"EXPIRED", ""});
  EXPECT_EQ(base::ReasonOf(full), "DEAD_LETTERS_FULL");
  EXPECT_EQ(calls.Stats("prod").dead_letters, 2);
  EXPECT_EQ(calls.Stats("prod").pending, 2);
  EXPECT_EQ(calls.Take("prod").messages.size(), 0u) << "they are on loan";
  EXPECT_EQ(
      *queue.CountPendingUntil("prod", lease.messages.at(3).accepted_time), 2);
  EXPECT_EQ(*queue.CountPendingUntil(
                "prod", lease.messages.at(0).accepted_time - absl::Seconds(1)),
            0);
  EXPECT_EQ(*queue.PurgeDeadLetters({.lane = "prod"}), 2);
  EXPECT_EQ(*queue.CountPendingUntil("prod", absl::InfiniteFuture()), 2);
  EXPECT_TRUE(
      calls.DeadLetter(testing::AllOf("prod", lease), {"EXPIRED", ""}).ok());
  EXPECT_EQ(calls.Stats("prod").dead_letters, 2);
  EXPECT_EQ(calls.Stats("prod").pending, 0);
  // Those that are too old go all the same.
  clock.Advance(absl::Hours(2));
  const auto page = queue.ListDeadLetters({.filter = {.lane = "prod"}});
  EXPECT_TRUE(page->dead_letters.empty());
  EXPECT_EQ(calls.Stats("prod").expired, 2);
  EXPECT_EQ(calls.Stats("prod").purged, 2);
}

TEST(MemoryQueue, SaysThatItIsNotReadyWhenFull) {
  testing::FakeClock clock;
  MemoryQueue queue({.max_bytes = 17}, clock);
  testing::QueueCalls calls(queue);
  EXPECT_TRUE(queue.GetStoreStats()->ready);
  calls.Append("prod", {"a"});
  EXPECT_FALSE(queue.GetStoreStats()->ready);
  EXPECT_FALSE(queue.GetStoreStats()->not_ready_reason.empty());
}

// For TSan, and for the sums.
TEST(MemoryQueue, ManyThreadsLoseAndDoubleNothing) {
  constexpr int kThreads = 4;
  constexpr int kBatches = 200;
  testing::FakeClock clock;
  MemoryQueue queue({}, clock);
  std::vector<std::thread> threads;
  std::atomic<int> delivered = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      testing::QueueCalls calls(queue);
      for (int i = 0; i < kBatches; ++i) {
        const std::string id = absl::StrCat(t, "-", i);
        calls.Append("prod", {id, absl::StrCat("shared", i)});
        const Lease lease = calls.Take("prod", 3);
        delivered += static_cast<int>(lease.messages.size());
        ASSERT_TRUE(calls.Ack(testing::AllOf("prod", lease)).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const LaneStats stats = testing::QueueCalls(queue).Stats("prod");
  EXPECT_EQ(stats.accepted, kThreads * kBatches + kBatches);
  EXPECT_EQ(stats.duplicates, (kThreads - 1) * kBatches);
  EXPECT_EQ(stats.delivered, delivered);
  EXPECT_EQ(stats.accepted, stats.delivered + stats.pending);
}

}  // namespace
}  // namespace segrid::queue

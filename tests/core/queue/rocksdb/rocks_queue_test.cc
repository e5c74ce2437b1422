#include "core/queue/rocksdb/rocks_queue.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "core/base/error_info.h"
#include "gtest/gtest.h"
#include "tests/contract/queue_dead_letter_contract.h"
#include "tests/core/queue/rocksdb/rocks_store.h"

namespace segrid::queue {
namespace {

using rocksdb::RocksOptions;
using rocksdb::RocksQueue;

INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, QueueContract, RocksStore);

TEST(RocksQueue, RemembersEverythingAfterARestart) {
  RocksStore store;
  store.calls().Append("prod", {"a", "b", "c", "d", "e", "f"});
  store.calls().Append("test", {"a"});
  const Lease ab = store.calls().Take("prod", 2);
  ASSERT_TRUE(store.calls().Ack(AllOf("prod", ab)).ok());
  const Lease c = store.calls().Take("prod", 1);
  const Lease d = store.calls().Take("prod", 1);
  const Lease e = store.calls().Take("prod", 1);
  // Out of order: c stays behind.
  ASSERT_TRUE(store.calls().Ack(AllOf("prod", d)).ok());
  ASSERT_TRUE(
      store.calls().DeadLetter(AllOf("prod", e), {"REFUSED", "HTTP 404"}).ok());
  const LaneStats before = store.calls().Stats("prod");

  ASSERT_NO_FATAL_FAILURE(store.Reopen());
  const LaneStats after = store.calls().Stats("prod");
  EXPECT_EQ(after.accepted, 6);
  EXPECT_EQ(after.delivered, 3);
  EXPECT_EQ(after.pending, 2);
  EXPECT_EQ(after.dead, 1);
  EXPECT_EQ(after.pending_bytes, before.pending_bytes);
  EXPECT_EQ(after.dead_letter_bytes, before.dead_letter_bytes);
  EXPECT_EQ(after.oldest_pending_time, before.oldest_pending_time);
  EXPECT_EQ(store.calls().Append("prod", {"a", "f"}).duplicates, 2);
  const Lease rest = store.calls().Take("prod");
  EXPECT_THAT(IdsOf(rest), ElementsAre("c", "f"));
  EXPECT_THAT(IdsOf(store.calls().Take("test")), ElementsAre("a"));
  const LaneAppend next = store.calls().Append("prod", {"g"});
  EXPECT_EQ(next.ticket.range.first, 7u);
}

TEST(RocksQueue, KeepsTheTraceOfACallOverARestart) {
  RocksStore store;
  auto trace = base::ParseTraceParent(
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
  trace->state = std::string(base::kMaxTraceStateBytes, 'x');
  // Packed by the caller, and in several stored chunks.
  std::vector<std::string> ids;
  for (int i = 0; i < 3'000; ++i) ids.push_back(absl::StrCat("m", i));
  Chunk traced = ChunkOf("prod", ids, R"(,"type":"track")");
  traced.trace = trace;
  store.calls().Append("prod", {"before"});
  ASSERT_TRUE(store.calls().Append({traced}).ok());
  ASSERT_NO_FATAL_FAILURE(store.Reopen());
  std::size_t messages = 0;
  for (int i = 0; i < 2; ++i) {
    for (const TracedRange& range : store.calls().Take("prod").traces) {
      EXPECT_EQ(range.trace, *trace);
      messages += range.range.last - range.range.first + 1;
    }
  }
  EXPECT_EQ(messages, ids.size());
}

// The records of chunks go when their ids need not be remembered any more, but
// not while their messages wait.
TEST(RocksQueue, WhatWaitsLongerThanTheDedupWindowIsThereAfterARestart) {
  RocksStore store;
  store.calls().Append("prod", {"a", "b"});
  store.calls().Append("gone", {"c"});
  const Lease lease = store.calls().Take("gone");
  ASSERT_TRUE(store.calls().Ack(AllOf("gone", lease)).ok());
  for (int day = 1; day <= 3; ++day) {
    store.clock.Advance(absl::Hours(25));
    // A fresh store looks for old records with its first commit.
    ASSERT_NO_FATAL_FAILURE(store.Reopen());
    store.calls().Append("prod", {absl::StrCat("d", day)});
  }
  ASSERT_NO_FATAL_FAILURE(store.Reopen());
  EXPECT_EQ(store.calls().Stats("prod").pending, 5);
  EXPECT_THAT(IdsOf(store.calls().Take("prod")),
              ElementsAre("a", "b", "d1", "d2", "d3"));
  // Old enough to be taken again.
  EXPECT_EQ(store.calls().Append("gone", {"c"}).accepted, 1);
}

// Holds the store's thread where a test wants it.
class Brake {
 public:
  std::function<void(std::string_view)> At(std::string step) {
    return [this, step = std::move(step)](std::string_view name) {
      if (name != step || !armed_.exchange(false)) return;
      reached_.Notify();
      released_.WaitForNotification();
    };
  }
  void Arm() { armed_ = true; }
  void WaitUntilReached() { reached_.WaitForNotification(); }
  void Release() { released_.Notify(); }

 private:
  std::atomic<bool> armed_ = false;
  absl::Notification reached_;
  absl::Notification released_;
};

// The outcomes of three appends of 17 bytes each to these lanes, in one commit.
std::vector<std::string> AppendTogether(const RocksOptions& bounds,
                                        const std::vector<std::string>& lanes) {
  Brake brake;
  RocksStore store;
  store.options.max_bytes = bounds.max_bytes;
  store.options.max_lane_bytes = bounds.max_lane_bytes;
  store.options.on_step = brake.At("written");
  store.Reopen();
  brake.Arm();
  std::vector<std::string> reasons(4, "not answered");
  absl::BlockingCounter answers(4);
  const auto append = [&](std::size_t i, const std::string& lane) {
    store.queue().Append(
        {.chunks = {testing::ChunkOf(lane, {absl::StrCat(i)})}},
        [&, i](const absl::StatusOr<AppendResult>& result) {
          reasons[i] = base::ReasonOf(result.status());
          answers.DecrementCount();
        });
  };
  append(3, "before");
  brake.WaitUntilReached();
  // These wait together, and go into the next commit.
  for (std::size_t i = 0; i < 3; ++i) append(i, lanes.at(i));
  brake.Release();
  answers.Wait();
  EXPECT_EQ(reasons.back(), "");
  reasons.pop_back();
  return reasons;
}

TEST(RocksQueue, AppendsInOneCommitKeepTheBoundsTogether) {
  const std::vector<std::string> one = {"a", "a", "a"};
  const std::vector<std::string> three = {"a", "b", "c"};
  const RocksOptions small_lanes = {.max_bytes = 1'000, .max_lane_bytes = 40};
  // With 17 bytes that were there before.
  const RocksOptions small_store = {.max_bytes = 57, .max_lane_bytes = 57};
  EXPECT_THAT(AppendTogether(small_lanes, one),
              ElementsAre("", "", "QUEUE_FULL"));
  EXPECT_THAT(AppendTogether(small_lanes, three), ElementsAre("", "", ""));
  EXPECT_THAT(AppendTogether(small_store, three),
              ElementsAre("", "", "QUEUE_FULL"));
}

TEST(RocksQueue, TheSame46TimesWithRestartsBetweenIsAcceptedOnce) {
  RocksStore store;
  const std::vector<std::string> ids = {"a", "b", "c"};
  std::int64_t accepted = 0;
  for (int i = 0; i < 46; ++i) {
    accepted += store.calls().Append("prod", ids).accepted;
    store.clock.Advance(absl::Minutes(30));
    if (i % 5 == 0) {
      const Lease lease = store.calls().Take("prod");
      ASSERT_TRUE(store.calls().Ack(AllOf("prod", lease)).ok());
      ASSERT_NO_FATAL_FAILURE(store.Reopen());
    }
  }
  EXPECT_EQ(accepted, 3);
  EXPECT_EQ(store.calls().Stats("prod").duplicates, 45 * 3);
}

TEST(RocksQueue, ReplayedAndPurgedLettersStaySoAfterARestart) {
  RocksStore store;
  store.calls().Append("prod", {"a", "b", "c"});
  for (const char* reason : {"REFUSED", "BAD_MESSAGE", "EXPIRED"}) {
    ASSERT_TRUE(store.calls()
                    .DeadLetter(AllOf("prod", store.calls().Take("prod", 1)),
                                {reason, ""})
                    .ok());
  }
  EXPECT_EQ(
      *store.queue().ReplayDeadLetters({.lane = "prod", .reason = "REFUSED"}),
      1);
  EXPECT_EQ(*store.queue().PurgeDeadLetters(
                {.lane = "prod", .reason = "BAD_MESSAGE"}),
            1);
  ASSERT_NO_FATAL_FAILURE(store.Reopen());
  const LaneStats stats = store.calls().Stats("prod");
  EXPECT_EQ(stats.accepted, 3);
  EXPECT_EQ(stats.pending, 1);
  EXPECT_EQ(stats.expired, 1);
  EXPECT_EQ(stats.purged, 1);
  EXPECT_EQ(stats.dead_letters, 1);
  EXPECT_THAT(IdsOf(store.calls().Take("prod")), ElementsAre("a"));
}

TEST(RocksQueue, ADroppedLaneStaysSoAfterARestartAndGoesOn) {
  RocksStore store;
  store.calls().Append("prod", {"a", "b", "c", "d"});
  const Lease lease = store.calls().Take("prod", 2);
  // A part of a chunk is gone, so that its sizes are not known at the drop.
  ASSERT_TRUE(store.calls()
                  .Ack({.lane = "prod",
                        .lease_id = lease.id,
                        .ranges = {{lease.messages[1].sequence,
                                    lease.messages[1].sequence}}})
                  .ok());
  store.calls().Append("test", {"a"});
  ASSERT_NO_FATAL_FAILURE(store.Reopen());
  const auto dropped = store.queue().DropLane("prod");
  ASSERT_TRUE(dropped.ok()) << dropped.status();
  EXPECT_EQ(dropped->pending, 3);
  for (int i = 0; i < 2; ++i) {
    const LaneStats stats = store.calls().Stats("prod");
    EXPECT_EQ(stats.purged, 3);
    EXPECT_EQ(stats.delivered, 1);
    EXPECT_EQ(stats.pending, 0);
    EXPECT_EQ(stats.pending_bytes, 0);
    ASSERT_EQ(store.queue().ListLanes()->size(), 1u);
    EXPECT_EQ(store.queue().ListLanes()->at(0).lane, "test");
    ASSERT_NO_FATAL_FAILURE(store.Reopen());
  }
  EXPECT_EQ(store.calls().Append("prod", {"a", "e"}).accepted, 1);
  EXPECT_THAT(IdsOf(store.calls().Take("prod")), ElementsAre("e"));
}

// A copy of the directory at a step is what a kill there would leave.
TEST(RocksQueue, AKillDuringADropLeavesAllOrNothing) {
  absl::Mutex mu;  // Steps are of several threads.
  std::map<std::string, std::unique_ptr<QueueDir>> copies;
  std::atomic<bool> copying = false;
  std::string directory;
  RocksStore store({.on_step = [&](std::string_view step) {
    absl::MutexLock lock(&mu);
    if (!copying) return;
    auto& copy = copies[std::string(step)];
    if (copy != nullptr) return;
    copy = std::make_unique<QueueDir>();
    std::filesystem::copy(directory, copy->path(),
                          std::filesystem::copy_options::recursive);
  }});
  directory = store.dir.path();
  store.calls().Append("prod", {"a", "b", "c"});
  ASSERT_TRUE(store.calls()
                  .DeadLetter(AllOf("prod", store.calls().Take("prod", 1)),
                              {"REFUSED", ""})
                  .ok());
  copying = true;
  ASSERT_EQ(store.queue().DropLane("prod")->pending, 2);
  copying = false;
  absl::MutexLock lock(&mu);
  for (const auto& [step, purged] : std::vector<std::pair<std::string, int>>{
           {"taken", 0}, {"prepared", 0}, {"written", 3}, {"answering", 3}}) {
    ASSERT_NE(copies[step], nullptr) << step;
    auto queue = RocksQueue::Open(
        {.directory = copies[step]->path(), .reserve_bytes = 0}, store.clock);
    ASSERT_TRUE(queue.ok()) << step << queue.status();
    const LaneStats stats = testing::QueueCalls(**queue).Stats("prod");
    EXPECT_EQ(stats.purged, purged) << step;
    EXPECT_EQ(stats.pending, purged == 0 ? 2 : 0) << step;
    EXPECT_EQ(stats.dead_letters, purged == 0 ? 1 : 0) << step;
  }
}

// Appends and drops meet in the writer: what was accepted before the drop is
// gone, what comes after it stays, and the books balance.
TEST(RocksQueue, ADropAmongAppendsTakesWhatWasThereAndNoMore) {
  RocksStore store;
  std::atomic<bool> stop = false;
  std::int64_t accepted = 0;  // Of the thread, until it ends.
  std::thread appends([&] {
    testing::QueueCalls calls(store.queue());
    for (int i = 0; !stop; ++i) {
      accepted += calls.Append("prod", {absl::StrCat("m", i)}).accepted;
    }
  });
  std::int64_t purged = 0;
  for (int i = 0; i < 50; ++i) {
    const auto dropped = store.queue().DropLane("prod");
    EXPECT_TRUE(dropped.ok()) << dropped.status();
    purged += dropped.ok() ? dropped->pending : 0;
  }
  stop = true;
  appends.join();
  ASSERT_NO_FATAL_FAILURE(store.Reopen());  // Answers every call first.
  const LaneStats stats = store.calls().Stats("prod");
  EXPECT_EQ(stats.accepted, accepted);
  EXPECT_EQ(stats.purged, purged);
  EXPECT_EQ(stats.pending, accepted - purged);
}

// Its caller compresses it, which is of no use when some of it is known.
TEST(RocksQueue, ALargeChunkOfWhichSomeIsKnownKeepsTheRest) {
  RocksStore store({.max_bytes = 1 << 30, .max_lane_bytes = 1 << 30});
  const std::string more =
      absl::StrCat(",\"p\":\"", std::string(600, 'x'), "\"");
  std::vector<std::string> ids;
  for (int i = 0; i < 1'000; ++i) ids.push_back(absl::StrCat("m", i));
  EXPECT_EQ(store.calls().Append("prod", {"m0", "m500", "m999"}).accepted, 3);
  EXPECT_EQ(store.calls().Append("prod", ids, more).accepted, 997);
  EXPECT_EQ(store.calls().Append("test", ids, more).accepted, 1'000);
  ASSERT_NO_FATAL_FAILURE(store.Reopen());
  for (const auto& [lane, count] : {std::pair("prod", 997), {"test", 1'000}}) {
    std::set<std::string> taken;
    if (lane == std::string("prod")) {
      EXPECT_EQ(store.calls().Take(lane, 3).messages.size(), 3u);
    }
    while (true) {
      const Lease lease = store.calls().Take(lane);
      if (lease.messages.empty()) break;
      for (const LeasedMessage& message : lease.messages) {
        const std::string id(message.id);
        ASSERT_EQ(message.track, testing::TrackJson(id, more));
        EXPECT_TRUE(taken.insert(id).second);
      }
    }
    EXPECT_EQ(std::ssize(taken), count);
  }
  // A message with bytes of its own, which are counted as they were given.
  EXPECT_EQ(store.calls().Stats("test").pending_bytes,
            std::ssize(ids) * std::ssize(testing::TrackJson("m", more)) + 10 +
                2 * 90 + 3 * 900);
}

TEST(RocksQueue, ASecondOpenGetsAClearError) {
  RocksStore store;
  const auto second = RocksQueue::Open(store.options, store.clock);
  EXPECT_EQ(base::ReasonOf(second.status()), "QUEUE_LOCKED");
  EXPECT_THAT(std::string(second.status().message()),
              ::testing::HasSubstr(absl::StrCat("pid ", ::getpid())));
}

TEST(RocksQueue, ANewerFormatIsRefusedUntouched) {
  RocksStore store;
  store.Close();
  const std::string format = store.dir.path() + "/FORMAT";
  std::ofstream(format) << "segrid-queue 3\n";
  const auto before = std::filesystem::last_write_time(store.dir.path());
  const absl::Status status = store.TryReopen();
  EXPECT_EQ(base::ReasonOf(status), "QUEUE_FORMAT");
  EXPECT_EQ(std::filesystem::last_write_time(store.dir.path()), before);
  std::ofstream(format) << "segrid-queue 2\n";
  ASSERT_NO_FATAL_FAILURE(store.Reopen());
}

TEST(RocksQueue, ItsDirectoryIsForItsOwnerAlone) {
  const RocksStore store;
  EXPECT_EQ(std::filesystem::status(store.dir.path()).permissions(),
            std::filesystem::perms::owner_all);
}

TEST(RocksQueue, DataWithoutAFormatIsRefused) {
  RocksStore store;
  store.Close();
  std::filesystem::remove(store.dir.path() + "/FORMAT");
  EXPECT_EQ(base::ReasonOf(store.TryReopen()), "QUEUE_CORRUPT");
}

TEST(RocksQueue, DeletesNoDeadLetterForAnother) {
  RocksStore store(
      {.max_dead_letter_bytes = 40, .max_dead_letter_age = absl::Hours(1)});
  store.calls().Append("prod", {"a", "b", "c", "d"});  // 17 bytes each.
  const Lease lease = store.calls().Take("prod");
  const absl::Status full =
      store.calls().DeadLetter(AllOf("prod", lease), {"EXPIRED", ""});
  EXPECT_EQ(base::ReasonOf(full), "DEAD_LETTERS_FULL");
  EXPECT_EQ(store.calls().Stats("prod").dead_letters, 2);
  EXPECT_EQ(store.calls().Stats("prod").pending, 2);
  EXPECT_EQ(store.calls().Take("prod").messages.size(), 0u)
      << "they are on loan";
  EXPECT_EQ(*store.queue().CountPendingUntil(
                "prod", lease.messages.at(3).accepted_time),
            2);
  EXPECT_EQ(*store.queue().CountPendingUntil(
                "prod", lease.messages.at(0).accepted_time - absl::Seconds(1)),
            0);
  EXPECT_EQ(*store.queue().PurgeDeadLetters({.lane = "prod"}), 2);
  EXPECT_EQ(*store.queue().CountPendingUntil("prod", absl::InfiniteFuture()),
            2);
  EXPECT_TRUE(
      store.calls().DeadLetter(AllOf("prod", lease), {"EXPIRED", ""}).ok());
  EXPECT_EQ(store.calls().Stats("prod").dead_letters, 2);
  EXPECT_EQ(store.calls().Stats("prod").pending, 0);
  // Those that are too old go all the same.
  store.clock.Advance(absl::Hours(2));
  const auto page = store.queue().ListDeadLetters({.filter = {.lane = "prod"}});
  EXPECT_TRUE(page->dead_letters.empty());
  EXPECT_EQ(store.calls().Stats("prod").expired, 2);
  EXPECT_EQ(store.calls().Stats("prod").purged, 2);
}

TEST(RocksQueue, SaysThatItIsNotReadyWhenFull) {
  RocksStore store({.max_bytes = 17});
  EXPECT_TRUE(store.queue().GetStoreStats()->ready);
  store.calls().Append("prod", {"a"});
  EXPECT_FALSE(store.queue().GetStoreStats()->ready);
}

TEST(RocksQueue, ACallOverTheWaitingLimitGoesAloneOrNotAtAll) {
  RocksStore store({.max_waiting_bytes = 1});
  EXPECT_EQ(store.calls().Append("prod", {"a"}).accepted, 1);
}

TEST(RocksQueue, LargeCallsAreStoredInPiecesAndLentInOrder) {
  RocksStore store({.max_bytes = 1 << 28, .max_lane_bytes = 1 << 28});
  std::vector<std::string> ids;
  for (int i = 0; i < 6'000; ++i) ids.push_back(absl::StrCat("m", i));
  const std::string more =
      absl::StrCat(",\"p\":\"", std::string(400, 'x'), "\"");
  const LaneAppend result = store.calls().Append("prod", ids, more);
  EXPECT_EQ(result.accepted, 6'000);
  EXPECT_EQ(result.ticket.range, (Range{1, 6'000}));
  ASSERT_NO_FATAL_FAILURE(store.Reopen());
  std::vector<std::string> taken;
  for (bool more_left = true; more_left;) {
    const Lease lease = store.calls().Take("prod");
    for (const std::string& id : IdsOf(lease)) taken.push_back(id);
    EXPECT_LE(lease.messages.size(), 2'500u);
    ASSERT_TRUE(store.calls().Ack(AllOf("prod", lease)).ok());
    more_left = lease.more;
  }
  EXPECT_EQ(taken, ids);
  EXPECT_EQ(store.calls().Stats("prod").pending_bytes, 0);
}

// For TSan, and for the sums.
TEST(RocksQueue, ManyThreadsLoseAndDoubleNothing) {
  constexpr int kThreads = 8;
  constexpr int kBatches = 50;
  RocksStore store;
  std::vector<std::thread> threads;
  std::atomic<int> delivered = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      testing::QueueCalls calls(store.queue());
      for (int i = 0; i < kBatches; ++i) {
        const std::string id = absl::StrCat(t, "-", i);
        // A thread must not throw.
        const auto result = calls.Append(
            {testing::ChunkOf("prod", {id, absl::StrCat("shared", i)})});
        ASSERT_TRUE(result.ok()) << result.status();
        const auto lease =
            calls.Take(TakeRequest{.lane = "prod", .max_messages = 3});
        ASSERT_TRUE(lease.ok()) << lease.status();
        delivered += static_cast<int>(lease->messages.size());
        ASSERT_TRUE(calls.Ack(testing::AllOf("prod", *lease)).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const LaneStats stats = store.calls().Stats("prod");
  EXPECT_EQ(stats.accepted, kThreads * kBatches + kBatches);
  EXPECT_EQ(stats.duplicates, (kThreads - 1) * kBatches);
  EXPECT_EQ(stats.delivered, delivered);
  EXPECT_EQ(stats.accepted, stats.delivered + stats.pending);
}

}  // namespace
}  // namespace segrid::queue

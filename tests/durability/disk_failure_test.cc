// A disk that is full, fails, or loses its syncs, at every write of an append:
// no OK, nothing half-visible, and recovery without help.

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/queue/rocksdb/rocks_store.h"
#include "tests/durability/fault_disk.h"

namespace segrid::queue {
namespace {

using ::testing::UnorderedElementsAre;
using tests::FaultDisk;
using tests::FaultPlan;

constexpr std::int64_t kForever = 1'000'000'000;

// A store on a disk that fails to order.
struct World {
  World()
      : disk([this](const FaultDisk::Event& event, std::size_t* partial) {
          return plan.Check(event, partial);
        }),
        store({.retry_interval = absl::Milliseconds(1),
               .env = disk.env(),
               .min_ahead_bytes = 1}) {}

  bool Ready() { return store.queue().GetStoreStats()->ready; }
  // False: not within 10 s.
  bool WaitUntil(bool ready) {
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (Ready() != ready) {
      if (absl::Now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  FaultPlan plan;
  FaultDisk disk;
  RocksStore store;
};

struct Failure {
  const char* name;
  FaultPlan::Rule rule;
};

const std::vector<Failure>& Failures() {
  static const std::vector<Failure> failures = {
      {"no space", {.kind = FaultPlan::Kind::kNoSpace}},
      {"no space, half written",
       {.kind = FaultPlan::Kind::kNoSpace, .half_appends = true}},
      {"I/O error", {.kind = FaultPlan::Kind::kIoError}},
      {"I/O error, half written",
       {.kind = FaultPlan::Kind::kIoError, .half_appends = true}},
      {"failing sync", {.kind = FaultPlan::Kind::kIoError, .only_syncs = true}},
      {"read-only", {.kind = FaultPlan::Kind::kReadOnly}},
  };
  return failures;
}

// True: the append had fewer than `nth` writes, so none failed.
bool FailTheNthWrite(const Failure& failure, std::int64_t nth,
                     std::int64_t count) {
  World world;
  testing::QueueCalls calls = world.store.calls();
  calls.Append("prod", {"a"});
  const Lease a = calls.Take("prod");
  FaultPlan::Rule rule = failure.rule;
  rule.first = nth;
  rule.count = count;
  world.plan.Arm(rule);
  const auto result = calls.Append(
      {testing::ChunkOf("prod", {"b", "c"}), testing::ChunkOf("test", {"b"})});
  const bool untouched = world.plan.failed() == 0;
  EXPECT_EQ(result.ok(), untouched) << result.status();
  if (!untouched) {
    EXPECT_EQ(base::ReasonOf(result.status()), "QUEUE_UNAVAILABLE");
    EXPECT_GT(base::RetryDelayOf(result.status()), absl::ZeroDuration());
  }
  if (!untouched && count == kForever) {
    EXPECT_FALSE(world.Ready());
    EXPECT_FALSE(calls.Append({testing::ChunkOf("prod", {"x"})}).ok());
  }
  EXPECT_TRUE(calls.Ack(testing::AllOf("prod", a)).ok());
  world.plan.Heal();
  EXPECT_TRUE(world.WaitUntil(true));

  // Atomic: what failed is there as a whole or not at all.
  const auto again = calls.Append(
      {testing::ChunkOf("prod", {"b", "c"}), testing::ChunkOf("test", {"b"})});
  EXPECT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(again->lanes.at(0).accepted, ::testing::AnyOf(0, 2));
  EXPECT_EQ(again->lanes.at(1).accepted, again->lanes.at(0).accepted / 2);
  calls.Append("prod", {"d"});

  world.store.Reopen();
  testing::QueueCalls reopened = world.store.calls();
  EXPECT_THAT(testing::IdsOf(reopened.Take("prod")),
              UnorderedElementsAre("b", "c", "d"));
  EXPECT_THAT(testing::IdsOf(reopened.Take("test")), UnorderedElementsAre("b"));
  const LaneStats s = reopened.Stats("prod");
  EXPECT_EQ(s.accepted,
            s.delivered + s.pending + s.dead + s.expired + s.purged);
  EXPECT_EQ(s.delivered, 1);
  return untouched;
}

TEST(DiskFailure, OfOneWriteGivesNoOkAndHealsByItself) {
  for (const Failure& failure : Failures()) {
    SCOPED_TRACE(failure.name);
    bool untouched = false;
    std::int64_t nth = 1;
    for (; !untouched && !::testing::Test::HasFailure(); ++nth) {
      SCOPED_TRACE(::testing::Message() << "write " << nth);
      untouched = FailTheNthWrite(failure, nth, 1);
    }
    EXPECT_GE(nth, 3) << "an append must write and sync";
  }
}

TEST(DiskFailure, ThatLastsGivesNoOkAndHealsByItself) {
  for (const Failure& failure : Failures()) {
    SCOPED_TRACE(failure.name);
    bool untouched = false;
    std::int64_t nth = 1;
    for (; !untouched && !::testing::Test::HasFailure(); ++nth) {
      SCOPED_TRACE(::testing::Message() << "from write " << nth);
      untouched = FailTheNthWrite(failure, nth, kForever);
    }
    EXPECT_GE(nth, 3) << "an append must write and sync";
  }
}

// Each call whose answer must survive a power cut syncs before it; an Ack need
// not, because what is delivered twice is told by its id.
TEST(DiskFailure, OfASyncGivesNoOkToWhatMustSurviveAPowerCut) {
  struct Case {
    const char* name;
    std::function<absl::Status(World&, const Lease&)> call;
    bool syncs;
  };
  const DeadLetterFilter letters = {.lane = "prod"};
  for (const Case& c : std::vector<Case>{
           {"Append",
            [](World&world, const Lease&) {
              return world.store.calls()
                  .Append({testing::ChunkOf("prod", {"new"})})
                  .status();
            },
            true},
           {"DeadLetter",
            [](World&world, const Lease&lease) {
              return world.store.calls().DeadLetter(
                  testing::AllOf("prod", lease), {"REFUSED", ""});
            },
            true},
           {"ReplayDeadLetters",
            [&letters](World&world, const Lease&) {
              return world.store.queue().ReplayDeadLetters(letters).status();
            },
            true},
           {"PurgeDeadLetters",
            [&letters](World&world, const Lease&) {
              return world.store.queue().PurgeDeadLetters(letters).status();
            },
            true},
           {"Ack",
            [](World&world, const Lease&lease) {
              return world.store.calls().Ack(testing::AllOf("prod", lease));
            },
            false}}) {
    SCOPED_TRACE(c.name);
    World world;
    testing::QueueCalls calls = world.store.calls();
    calls.Append("prod", {"a", "b"});
    ASSERT_TRUE(calls
                    .DeadLetter(testing::AllOf("prod", calls.Take("prod", 1)),
                                {"REFUSED", ""})
                    .ok());
    const Lease lease = calls.Take("prod");
    world.plan.Arm({.count = kForever, .only_syncs = true});
    const absl::Status status = c.call(world, lease);
    EXPECT_EQ(status.ok(), !c.syncs) << status;
    world.plan.Heal();
    EXPECT_TRUE(world.WaitUntil(true));
  }
}

// While one commit is being synced, the next is prepared upon it.
TEST(DiskFailure, OfOneCommitFailsTheOneThatBuildsUponIt) {
  constexpr int kCallers = 6;
  constexpr int kCalls = 40;
  World world;
  std::atomic<int> refused = 0;
  std::atomic<int> accepted = 0;
  std::atomic<bool> done = false;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      testing::QueueCalls calls = world.store.calls();
      for (int call = 0; call < kCalls; ++call) {
        const std::string id = absl::StrCat(caller, "-", call);
        auto result = calls.Append({testing::ChunkOf("prod", {id, id + "x"})});
        for (; !result.ok(); ++refused) {
          result = calls.Append({testing::ChunkOf("prod", {id, id + "x"})});
        }
        accepted += static_cast<int>(result->lanes.at(0).accepted);
      }
    });
  }
  std::thread failing([&] {
    for (std::int64_t nth = 1; !done; nth = nth % 7 + 1) {
      world.plan.Arm({.first = nth, .half_appends = nth % 2 == 0});
      while (world.plan.failed() == 0 && !done) std::this_thread::yield();
      world.plan.Heal();
      while (!world.Ready() && !done) std::this_thread::yield();
    }
  });
  for (std::thread& caller : callers) caller.join();
  done = true;
  failing.join();
  world.plan.Heal();
  ASSERT_TRUE(world.WaitUntil(true));
  EXPECT_GT(refused, 0);
  // A refused call may have been written all the same: then it was a duplicate.
  EXPECT_LE(accepted, 2 * kCallers * kCalls);
  world.store.Reopen();
  const LaneStats s = world.store.calls().Stats("prod");
  EXPECT_EQ(s.accepted, 2 * kCallers * kCalls);
  EXPECT_EQ(s.pending, s.accepted);
  const std::vector<std::string> ids =
      testing::IdsOf(world.store.calls().Take("prod"));
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
  EXPECT_EQ(std::ssize(ids), s.accepted);
}

TEST(DiskFailure, DeliveriesAreSettledMeanwhileAndStaySo) {
  World world;
  testing::QueueCalls calls = world.store.calls();
  calls.Append("prod", {"a", "b", "c", "d"});
  world.plan.Arm({.count = kForever});
  EXPECT_FALSE(calls.Append({testing::ChunkOf("prod", {"x"})}).ok());
  // Delivery goes on: what is stored can be read.
  for (int i = 0; i < 3; ++i) {
    const Lease lease = calls.Take("prod", 1);
    ASSERT_EQ(lease.messages.size(), 1u);
    EXPECT_TRUE(calls.Ack(testing::AllOf("prod", lease)).ok());
  }
  EXPECT_EQ(calls.Stats("prod").delivered, 3);
  EXPECT_FALSE(
      calls.DeadLetter(testing::AllOf("prod", calls.Take("prod")), {"X", ""})
          .ok());
  world.plan.Heal();
  ASSERT_TRUE(world.WaitUntil(true));
  EXPECT_EQ(calls.Stats("prod").delivered, 3);
  world.store.Reopen();
  EXPECT_EQ(testing::IdsOf(world.store.calls().Take("prod")),
            std::vector<std::string>{"d"});
}

TEST(DiskFailure, AnAlmostFullDiskRefusesAppendsAndTakesAcks) {
  World world;
  testing::QueueCalls calls = world.store.calls();
  calls.Append("prod", {"a"});
  world.disk.set_free_space(1'000);
  ASSERT_TRUE(world.WaitUntil(false));
  const auto refused = calls.Append({testing::ChunkOf("prod", {"b"})});
  EXPECT_EQ(base::ReasonOf(refused.status()), "QUEUE_UNAVAILABLE");
  EXPECT_THAT(std::string(refused.status().message()),
              ::testing::HasSubstr("full"));
  EXPECT_TRUE(calls.Ack(testing::AllOf("prod", calls.Take("prod"))).ok());
  world.disk.set_free_space(-1);
  ASSERT_TRUE(world.WaitUntil(true));
  EXPECT_EQ(calls.Append("prod", {"b"}).accepted, 1);
  EXPECT_EQ(calls.Stats("prod").delivered, 1);
}

}  // namespace
}  // namespace segrid::queue

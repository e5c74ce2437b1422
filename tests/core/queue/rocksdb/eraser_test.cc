#include "core/queue/rocksdb/eraser.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/queue/rocksdb/body.h"
#include "core/queue/rocksdb/database.h"
#include "core/queue/rocksdb/fsck.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/contract/queue_erase_contract.h"
#include "tests/core/queue/rocksdb/rocks_store.h"

namespace segrid::queue::rocksdb {
namespace {

namespace fs = std::filesystem;
using testing::ChunkOf;

constexpr char kAddress[] = "ada.lovelace@example.com";

// The part of a person's Track besides its id.
std::string Of(const std::string& address) {
  return absl::StrCat(R"(,"email":")", address, "\"");
}

// The files below `directory` that have `text` in them as it is.
std::vector<std::string> FilesWith(const std::string& directory,
                                   const std::string& text) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    if (bytes.find(text) != std::string::npos) {
      files.push_back(entry.path().filename());
    }
  }
  return files;
}

// How many messages of a closed store have `text` in them, settled or not.
int MessagesWith(const std::string& directory, const std::string& text) {
  const auto database =
      Database::Open(directory + "/db", OpenMode::kReadOnly, nullptr);
  EXPECT_TRUE(database.ok()) << database.status();
  int count = 0;
  EXPECT_TRUE((*database)
                  ->ForEach(Family::kBodies, "",
                            [&](std::string_view key, std::string_view value) {
                              const auto body = Body::Parse(value, key);
                              EXPECT_TRUE(body.has_value());
                              if (!body.has_value()) return false;
                              for (std::uint32_t i = 0; i < body->count();
                                   ++i) {
                                count += body->track(i).find(text) !=
                                         std::string_view::npos;
                              }
                              return true;
                            })
                  .ok());
  return count;
}

void ExpectSound(const std::string& directory) {
  const auto report = Fsck(directory);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->problems, ::testing::IsEmpty());
  for (const LaneStats& s : report->lanes) {
    EXPECT_EQ(s.accepted,
              s.delivered + s.pending + s.dead + s.expired + s.purged);
  }
}

// Messages of two people in every place that the store has: the log, sorted
// files, a chunk with others, large packed chunks, delivered ones beside
// pending ones, dead letters, answers.
void Fill(RocksStore& store) {
  for (int round = 0; round < 3; ++round) {
    testing::QueueCalls calls = store.calls();
    const auto id = [round](const std::string& name) {
      return absl::StrCat(name, "-", round);
    };
    const Sequence first =
        calls.Append("prod", {id("alone")}, Of(kAddress)).ticket.range.first;
    calls.Append("prod", {id("letter")}, Of(kAddress));
    ASSERT_TRUE(
        calls
            .Append({Joined({ChunkOf("prod", {id("a")}, Of(kAddress)),
                             ChunkOf("prod", {id("b")}, Of("bob")),
                             ChunkOf("prod", {id("c")}, Of(kAddress))})})
            .ok());
    std::vector<Chunk> large;
    for (int i = 0; i < 400; ++i) {
      large.push_back(ChunkOf("prod", {absl::StrCat(id("large"), "-", i)},
                              Of(i % 40 == 0 ? kAddress : "bob")));
    }
    ASSERT_TRUE(calls.Append({Joined(large)}).ok());
    // alone is delivered, letter is given up, a is delivered beside b and c.
    const auto lease =
        calls.Take({.lane = "prod", .only = Range{first, first + 2}});
    ASSERT_TRUE(lease.ok());
    ASSERT_EQ(lease->messages.size(), 3u);
    const Settlement letter{.lane = "prod",
                            .lease_id = lease->id,
                            .ranges = {{first + 1, first + 1}}};
    ASSERT_TRUE(
        calls.DeadLetter(letter, {"BAD_MESSAGE", "400: no such person"}).ok());
    ASSERT_TRUE(calls.Ack(AllOf("prod", *lease)).ok());
    // The last round stays in the log.
    if (round < 2) {
      ASSERT_NO_FATAL_FAILURE(store.Reopen());
    }
  }
}

TEST(Eraser, LeavesNoByteInAnyFile) {
  RocksStore store;
  ASSERT_NO_FATAL_FAILURE(Fill(store));
  const std::string directory = store.dir.path();
  ASSERT_FALSE(FilesWith(directory, kAddress).empty());
  const LaneStats before = store.calls().Stats("prod");
  const auto erased = store.queue().Erase(Having(kAddress));
  ASSERT_TRUE(erased.ok()) << erased.status();
  ASSERT_EQ(erased->lanes.size(), 1u);
  EXPECT_EQ(erased->lanes.at(0).pending, 3 * (1 + 10));
  EXPECT_EQ(erased->lanes.at(0).dead_letters, 3);
  const LaneStats after = store.calls().Stats("prod");
  EXPECT_EQ(after.purged, 36);
  EXPECT_EQ(after.pending, before.pending - 33);
  EXPECT_EQ(after.accepted,
            after.delivered + after.pending + after.dead + after.purged);
  // While it runs, and after its end.
  for (const char* text : {kAddress, "lovelace", "ada."}) {
    EXPECT_THAT(FilesWith(directory, text), ::testing::IsEmpty()) << text;
  }
  store.Close();
  EXPECT_THAT(FilesWith(directory, "lovelace"), ::testing::IsEmpty());
  EXPECT_EQ(MessagesWith(directory, "lovelace"), 0);
  EXPECT_GT(MessagesWith(directory, "bob"), 1000);
  ExpectSound(directory);
  // All that is left is delivered, as it was.
  ASSERT_NO_FATAL_FAILURE(store.Reopen());
  std::int64_t left = 0;
  for (Lease lease = store.calls().Take("prod"); !lease.messages.empty();
       lease = store.calls().Take("prod")) {
    left += std::ssize(lease.messages);
    for (const LeasedMessage& message : lease.messages) {
      EXPECT_EQ(message.track,
                testing::TrackJson(std::string(message.id), Of("bob")));
    }
  }
  EXPECT_EQ(left, after.pending);
}

TEST(Eraser, KeepsTheTracesOfTheMessagesThatStay) {
  RocksStore store;
  base::TraceParent trace;
  trace.trace_id.fill(7);
  trace.span_id.fill(8);
  trace.sampled = true;
  Chunk traced = ChunkOf("prod", {"b", "ada", "c"});
  traced.trace = trace;
  ASSERT_TRUE(store.calls().Append({traced}).ok());
  ASSERT_TRUE(store.queue().Erase(Having("ada")).ok());
  const Lease lease = store.calls().Take("prod");
  EXPECT_THAT(IdsOf(lease), ElementsAre("b", "c"));
  ASSERT_EQ(lease.traces.size(), 2u);
  EXPECT_EQ(lease.traces[0].trace, trace);
  EXPECT_EQ(lease.traces[1].trace, trace);
}

// A copy of the directory at a step is what a kill there would leave.
TEST(Eraser, AKillAtAnyStepLosesNothingAndASecondRunFinishes) {
  absl::Mutex mu;  // Steps are of several threads.
  std::vector<std::unique_ptr<QueueDir>> copies;
  std::atomic<bool> copying = false;
  std::string directory;
  RocksStore store({.on_step = [&](std::string_view) {
    absl::MutexLock lock(&mu);
    if (!copying || copies.size() >= 12) return;
    copies.push_back(std::make_unique<QueueDir>());
    fs::copy(directory, copies.back()->path(), fs::copy_options::recursive);
  }});
  directory = store.dir.path();
  ASSERT_NO_FATAL_FAILURE(Fill(store));
  const LaneStats before = store.calls().Stats("prod");
  copying = true;
  ASSERT_TRUE(store.queue().Erase(Having(kAddress)).ok());
  copying = false;
  absl::MutexLock lock(&mu);
  ASSERT_GE(copies.size(), 5u);
  for (const auto& copy : copies) {
    auto queue = RocksQueue::Open(
        {.directory = copy->path(), .reserve_bytes = 0}, store.clock);
    ASSERT_TRUE(queue.ok()) << queue.status();
    const LaneStats half = testing::QueueCalls(**queue).Stats("prod");
    EXPECT_EQ(half.accepted, before.accepted);
    EXPECT_EQ(half.accepted,
              half.delivered + half.pending + half.dead + half.purged);
    ASSERT_TRUE((*queue)->Erase(Having(kAddress)).ok());
    const LaneStats after = testing::QueueCalls(**queue).Stats("prod");
    EXPECT_EQ(after.purged, 36);
    EXPECT_EQ(after.pending, before.pending - 33);
    queue->reset();
    EXPECT_THAT(FilesWith(copy->path(), "lovelace"), ::testing::IsEmpty());
    EXPECT_EQ(MessagesWith(copy->path(), "lovelace"), 0);
    ExpectSound(copy->path());
  }
}

// Messages move between the pending ones and the dead letters meanwhile: what
// was accepted before the erasure must not escape it.
TEST(Eraser, FindsWhatMovesMeanwhile) {
  RocksStore store;
  std::vector<std::string> ids;
  for (int i = 0; i < 2'000; ++i) ids.push_back(absl::StrCat("ada", i));
  for (std::size_t i = 0; i < ids.size(); i += 20) {
    store.calls().Append("prod", {ids.begin() + std::ptrdiff_t(i),
                                  ids.begin() + std::ptrdiff_t(i + 20)});
  }
  std::atomic<bool> stop = false;
  std::thread moves([&] {
    testing::QueueCalls calls(store.queue());
    while (!stop) {
      const Lease lease = calls.Take("prod", 50);
      (void)calls.DeadLetter(AllOf("prod", lease), {"REFUSED", ""});
      (void)store.queue().ReplayDeadLetters({.lane = "prod"});
      calls.Append("prod", {"bob"});
    }
  });
  std::int64_t erased = 0;
  for (int i = 0; i < 2; ++i) {  // The second finds nothing.
    const auto lanes = store.queue().Erase(Having("ada"));
    ASSERT_TRUE(lanes.ok()) << lanes.status();
    for (const ErasedLane& lane : lanes->lanes) {
      EXPECT_EQ(i, 0);
      erased += lane.pending + lane.dead_letters;
    }
  }
  stop = true;
  moves.join();
  EXPECT_EQ(erased, 2'000);
  EXPECT_EQ(store.calls().Stats("prod").purged, 2'000);
}

// A dead letter that is replayed while its neighbour is looked at is pending
// behind all that was looked at before.
TEST(Eraser, FindsALetterThatIsReplayedUnderItsEyes) {
  RocksStore store;
  store.calls().Append("prod", {"ada1", "ada2"});
  ASSERT_TRUE(store.calls()
                  .DeadLetter(AllOf("prod", store.calls().Take("prod")),
                              {"REFUSED", ""})
                  .ok());
  const auto page = store.queue().ListDeadLetters({.filter = {.lane = "prod"}});
  ASSERT_TRUE(page.ok());
  const std::uint64_t second = page->dead_letters.at(0).id;  // The newest.
  bool replayed = false;
  const auto erased = store.queue().Erase({.matches = [&](auto track) {
    if (!std::exchange(replayed, true)) {
      EXPECT_EQ(
          *store.queue().ReplayDeadLetters({.lane = "prod", .ids = {second}}),
          1);
    }
    return track.find("ada") != std::string_view::npos;
  }});
  ASSERT_TRUE(erased.ok()) << erased.status();
  ASSERT_EQ(erased->lanes.size(), 1u);
  EXPECT_EQ(erased->lanes[0].dead_letters, 1);
  EXPECT_EQ(erased->lanes[0].pending, 1);
  EXPECT_THAT(IdsOf(store.calls().Take("prod")), ::testing::IsEmpty());
}

}  // namespace
}  // namespace segrid::queue::rocksdb

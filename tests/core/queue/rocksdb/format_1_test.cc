// A store that the version before format 2 wrote: tests/data/queue/README.md
// says what is in it.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/queue/rocksdb/fsck.h"
#include "core/queue/rocksdb/repair.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/queue/rocksdb/rocks_store.h"

namespace segrid::queue::rocksdb {
namespace {

namespace fs = std::filesystem;

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// When it was written.
constexpr absl::Time kThen = absl::FromUnixSeconds(1'796'055'460);

class Format1 : public ::testing::Test {
 protected:
  Format1() {
    fs::create_directories(dir_.path());
    const std::string command =
        absl::StrCat("tar -xzf ", SEGRID_SOURCE_DIR,
                     "/tests/data/queue/format-1.tar.gz -C ", dir_.sibling(""));
    EXPECT_EQ(std::system(command.c_str()), 0);
    clock_.Advance(kThen - clock_.Now());
  }

  std::unique_ptr<RocksQueue> Open() {
    auto queue = RocksQueue::Open(
        {.directory = dir_.path(), .reserve_bytes = 0}, clock_);
    EXPECT_TRUE(queue.ok()) << queue.status();
    return queue.ok() ? *std::move(queue) : nullptr;
  }

  std::string Format() const {
    std::ifstream file(dir_.path() + "/FORMAT");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // The sorted file of a family, which RocksDB names at its end.
  std::string TableOf(const std::string& family) const {
    for (const auto& entry : fs::directory_iterator(dir_.path() + "/db")) {
      if (entry.path().extension() != ".sst") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      if (bytes.find("name" + family) != std::string::npos) {
        return entry.path().string();
      }
    }
    return "";
  }

  QueueDir dir_;
  testing::FakeClock clock_;
};

void ExpectAll(Queue& queue) {
  testing::QueueCalls calls(queue);
  const LaneStats good = calls.Stats("good");
  EXPECT_EQ(good.accepted, 48);
  EXPECT_EQ(good.delivered, 45);
  EXPECT_EQ(good.dead, 3);
  EXPECT_EQ(good.expired, 0);
  const LaneStats waiting = calls.Stats("waiting");
  EXPECT_EQ(waiting.accepted, 48);
  EXPECT_EQ(waiting.pending, 48);
  const Lease lease = calls.Take("waiting");
  std::vector<std::string> ids = testing::IdsOf(lease);
  ASSERT_EQ(ids.size(), 48u);
  const auto letters = queue.ListDeadLetters({.filter = {.lane = "good"}});
  ASSERT_TRUE(letters.ok()) << letters.status();
  EXPECT_EQ(letters->dead_letters.size(), 3u);
  // Retries are still duplicates, also of what was delivered.
  EXPECT_EQ(calls.Append("waiting", ids).duplicates, 48);
  for (const DeadLetter& letter : letters->dead_letters) {
    EXPECT_EQ(calls.Append("good", {letter.message_id}).duplicates, 1);
  }
}

TEST_F(Format1, IsReadAndKept) {
  EXPECT_THAT(Fsck(dir_.path())->problems, IsEmpty());
  EXPECT_THAT(Repair(dir_.path())->actions, IsEmpty());
  {
    const std::unique_ptr<RocksQueue> queue = Open();
    ASSERT_NE(queue, nullptr);
    ExpectAll(*queue);
    testing::QueueCalls calls(*queue);
    EXPECT_EQ(calls.Append("waiting", {"new"}).accepted, 1);
    calls.Take("waiting", 48);
    const Lease lease = calls.Take("waiting");
    ASSERT_TRUE(calls.Ack(testing::AllOf("waiting", lease)).ok());
    EXPECT_EQ(Format(), "segrid-queue 1\n");
  }
  EXPECT_THAT(Fsck(dir_.path())->problems, IsEmpty());
}

TEST_F(Format1, KnowsOfNoPurgesAndLearnsOfThemWithFormat2) {
  {
    const std::unique_ptr<RocksQueue> queue = Open();
    ASSERT_NE(queue, nullptr);
    testing::QueueCalls calls(*queue);
    EXPECT_EQ(calls.Stats("good").purged, 0);
    EXPECT_EQ(queue->DropLane("waiting")->pending, 48);
    EXPECT_EQ(*queue->PurgeDeadLetters({.lane = "good"}), 3);
    EXPECT_EQ(calls.Stats("good").purged, 3);
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (Format() != "segrid-queue 2\n" && absl::Now() < deadline) {
      std::this_thread::yield();
    }
  }
  EXPECT_THAT(Fsck(dir_.path())->problems, IsEmpty());
  const std::unique_ptr<RocksQueue> queue = Open();
  ASSERT_NE(queue, nullptr);
  testing::QueueCalls calls(*queue);
  EXPECT_EQ(calls.Stats("waiting").purged, 48);
  EXPECT_EQ(calls.Stats("good").purged, 3);
  EXPECT_EQ(calls.Stats("good").expired, 0);
}

TEST_F(Format1, BecomesFormat2WhenNothingWaitsInIt) {
  {
    const std::unique_ptr<RocksQueue> queue = Open();
    ASSERT_NE(queue, nullptr);
    testing::QueueCalls calls(*queue);
    const Lease lease = calls.Take("waiting");
    ASSERT_TRUE(calls.Ack(testing::AllOf("waiting", lease)).ok());
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (Format() != "segrid-queue 2\n" && absl::Now() < deadline) {
      std::this_thread::yield();
    }
    EXPECT_EQ(Format(), "segrid-queue 2\n");
    calls.Append("good", {"later"});
  }
  EXPECT_THAT(Fsck(dir_.path())->problems, IsEmpty());
  const std::unique_ptr<RocksQueue> queue = Open();
  ASSERT_NE(queue, nullptr);
  EXPECT_EQ(testing::QueueCalls(*queue).Stats("good").pending, 1);
  EXPECT_EQ(testing::QueueCalls(*queue).Stats("waiting").delivered, 48);
}

TEST_F(Format1, IsRepairedToFormat2) {
  for (const char* family : {"default", "chunks"}) {
    const std::string table = TableOf(family);
    ASSERT_NE(table, "") << family;
    std::ofstream(table, std::ios::binary | std::ios::trunc) << "nothing";
  }
  const auto report = Repair(dir_.path(), {"good", "waiting"});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->lost_messages, 0);
  EXPECT_EQ(Format(), "segrid-queue 2\n");
  EXPECT_THAT(Fsck(dir_.path())->problems, IsEmpty());
  const std::unique_ptr<RocksQueue> queue = Open();
  ASSERT_NE(queue, nullptr);
  EXPECT_EQ(testing::QueueCalls(*queue).Stats("waiting").pending, 48);
  EXPECT_EQ(testing::QueueCalls(*queue).Stats("good").dead, 3);
}

// Neither the records of the lanes nor the log: what is in the files is found
// again under the names of the configuration.
TEST_F(Format1, FindsTheNamesOfLanesAmongThoseThatAreKnown) {
  std::ofstream(TableOf("default"), std::ios::binary | std::ios::trunc) << "";
  for (const auto& entry : fs::directory_iterator(dir_.path() + "/db")) {
    if (entry.path().extension() == ".log") fs::remove(entry.path());
  }
  const auto report = Repair(dir_.path(), {"other", "waiting", "good"});
  ASSERT_TRUE(report.ok()) << report.status();
  const std::unique_ptr<RocksQueue> queue = Open();
  ASSERT_NE(queue, nullptr);
  EXPECT_EQ(testing::QueueCalls(*queue).Stats("waiting").pending, 43);
  EXPECT_EQ(testing::QueueCalls(*queue).Stats("good").dead, 3);
}

TEST_F(Format1, KeepsMessagesOfALaneWhoseNameNobodyKnows) {
  std::ofstream(TableOf("default"), std::ios::binary | std::ios::trunc) << "";
  for (const auto& entry : fs::directory_iterator(dir_.path() + "/db")) {
    if (entry.path().extension() == ".log") fs::remove(entry.path());
  }
  const auto report = Repair(dir_.path());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->actions, Contains(HasSubstr("its real name is lost")));
  const std::unique_ptr<RocksQueue> queue = Open();
  ASSERT_NE(queue, nullptr);
  std::int64_t pending = 0;
  for (const char* lane : {"recovered_1", "recovered_2"}) {
    pending += testing::QueueCalls(*queue).Stats(lane).pending;
  }
  EXPECT_EQ(pending, 43);
}

}  // namespace
}  // namespace segrid::queue::rocksdb

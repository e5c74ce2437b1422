#include "core/queue/rocksdb/queue_copy.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/base/error_info.h"
#include "core/queue/rocksdb/backup_request.h"
#include "core/queue/rocksdb/fsck.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/queue/rocksdb/rocks_store.h"

namespace segrid::queue::rocksdb {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::IdsOf;

constexpr absl::Duration kPatience = absl::Seconds(30);

// Until the store has looked at what became of a request.
BackupStats StatsAfterLook(RocksStore& store, std::int64_t ended) {
  BackupStats stats;
  while (stats.done + stats.failed < ended) {
    // Each write makes it look, at most every 100 ms.
    store.calls().Append("other", {"x"});
    stats = store.queue().GetStoreStats()->backups;
  }
  return stats;
}

TEST(QueueCopy, OfARunningStoreIsAQueueOfOneMoment) {
  RocksStore store;
  store.calls().Append("prod", {"a", "b"});
  const QueueDir place;
  {
    auto copy = QueueCopy::Open(store.dir.path(), kPatience);
    ASSERT_TRUE(copy.ok()) << copy.status();
    EXPECT_TRUE((*copy)->hot());
    store.calls().Append("prod", {"c"});  // Later.
    fs::copy((*copy)->path(), place.path(), fs::copy_options::recursive);
    (*copy)->Done(77);
  }
  const BackupStats stats = StatsAfterLook(store, 1);
  EXPECT_EQ(stats.done, 1);
  EXPECT_EQ(stats.last_bytes, 77);
  EXPECT_GT(stats.last_time, absl::InfinitePast());
  EXPECT_FALSE(fs::exists(SnapshotPath(store.dir.path())));
  const auto report = Fsck(place.path());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->problems, ::testing::IsEmpty());
  testing::FakeClock clock;
  auto copied =
      RocksQueue::Open({.directory = place.path(), .reserve_bytes = 0}, clock);
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_THAT(IdsOf(testing::QueueCalls(**copied).Take("prod")),
              ElementsAre("a", "b"));
}

TEST(QueueCopy, OfAClosedStoreKeepsItClosed) {
  RocksStore store;
  store.calls().Append("prod", {"a"});
  store.Close();
  {
    auto copy = QueueCopy::Open(store.dir.path(), kPatience);
    ASSERT_TRUE(copy.ok()) << copy.status();
    EXPECT_FALSE((*copy)->hot());
    EXPECT_EQ((*copy)->path(), store.dir.path());
    EXPECT_EQ(base::ReasonOf(store.TryReopen()), "QUEUE_LOCKED");
    (*copy)->Done(5);
  }
  ASSERT_NO_FATAL_FAILURE(store.Reopen());
  EXPECT_EQ(store.queue().GetStoreStats()->backups.last_bytes, 5);
  EXPECT_EQ(store.queue().GetStoreStats()->backups.done, 0);
}

TEST(QueueCopy, ThatIsNotFinishedCountsAsFailedAndLeavesNothing) {
  RocksStore store;
  store.calls().Append("prod", {"a"});
  ASSERT_TRUE(QueueCopy::Open(store.dir.path(), kPatience).ok());
  const BackupStats stats = StatsAfterLook(store, 1);
  EXPECT_EQ(stats.failed, 1);
  EXPECT_EQ(stats.last_error, "the copy was not finished");
  EXPECT_EQ(stats.last_time, absl::InfinitePast());
  EXPECT_FALSE(fs::exists(SnapshotPath(store.dir.path())));
}

TEST(QueueCopy, OneAtATime) {
  RocksStore store;
  const auto first = QueueCopy::Open(store.dir.path(), kPatience);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(
      base::ReasonOf(QueueCopy::Open(store.dir.path(), kPatience).status()),
      "BACKUP_RUNNING");
}

// The copying process was killed together with the server.
TEST(QueueCopy, IsNotHeldUpByWhatAKillLeft) {
  RocksStore store;
  store.Close();
  std::ofstream(store.dir.path() + "/backup") << "ready \n";
  fs::create_directories(SnapshotPath(store.dir.path()) + "/db");
  ASSERT_NO_FATAL_FAILURE(store.Reopen());
  const BackupStats stats = StatsAfterLook(store, 1);
  EXPECT_EQ(stats.failed, 1);
  EXPECT_FALSE(fs::exists(SnapshotPath(store.dir.path())));
  EXPECT_TRUE(QueueCopy::Open(store.dir.path(), kPatience).ok());
}

TEST(QueueCopy, OfNothingSaysSo) {
  const QueueDir dir;
  EXPECT_EQ(base::ReasonOf(QueueCopy::Open(dir.path(), kPatience).status()),
            "NO_QUEUE");
}

TEST(BackupRequest, ReadsWhatWasWrittenAndNothingElse) {
  const QueueDir dir;
  fs::create_directory(dir.path());
  const std::string path = dir.path() + "/backup";
  for (const char* text : {"", "ready", "nonsense \n", "wanted\nmore"}) {
    std::ofstream(path) << text;
    EXPECT_FALSE(BackupRequest::Find(dir.path())->Read().has_value()) << text;
  }
  auto request = BackupRequest::Make(dir.path());
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_TRUE(BackupRequest::Find(dir.path())->IsAlive());
  (*request)->Write(BackupRequest::Kind::kFailed, "two\nlines");
  const auto state = BackupRequest::Find(dir.path())->Read();
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->kind, BackupRequest::Kind::kFailed);
  EXPECT_EQ(state->detail, "two lines");
  request->reset();
  EXPECT_FALSE(BackupRequest::Find(dir.path())->IsAlive());
}

}  // namespace
}  // namespace segrid::queue::rocksdb

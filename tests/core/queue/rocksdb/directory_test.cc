// The FORMAT file: what an unclean end and a bad disk may leave of it.

#include "core/queue/rocksdb/directory.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "core/base/error_info.h"
#include "core/queue/rocksdb/fsck.h"
#include "core/queue/rocksdb/repair.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/queue/rocksdb/rocks_store.h"

namespace segrid::queue::rocksdb {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void SetFormat(const RocksStore& store, const std::string& text) {
  std::ofstream(store.dir.path() + "/FORMAT") << text;
}

std::string Format(const std::string& path) {
  std::ifstream file(path + "/FORMAT");
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Directory, IsMarkedInOneStep) {
  const RocksStore store;
  EXPECT_EQ(Format(store.dir.path()), "segrid-queue 2\n");
  EXPECT_FALSE(fs::exists(store.dir.path() + "/FORMAT.new"));
}

// Versions that wrote the file in two steps could leave an empty one.
TEST(Directory, AnEmptyFormatWithoutDataIsAFirstStart) {
  const QueueDir dir;
  fs::create_directories(dir.path());
  { const std::ofstream empty(dir.path() + "/FORMAT"); }
  ASSERT_TRUE(Directory::Open(dir.path(), Directory::Purpose::kServe).ok());
  EXPECT_EQ(Format(dir.path()), "segrid-queue 2\n");
}

TEST(Directory, RepairWritesAFormatThatIsDamagedOrMissing) {
  for (const bool missing : {false, true}) {
    RocksStore store;
    store.calls().Append("prod", {"a", "b"});
    store.Close();
    SetFormat(store, "segrid-queve 1\n");
    if (missing) fs::remove(store.dir.path() + "/FORMAT");
    EXPECT_EQ(base::ReasonOf(store.TryReopen()), "QUEUE_CORRUPT");
    const auto found = Fsck(store.dir.path());
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_THAT(found->problems, ElementsAre(HasSubstr("FORMAT")));
    EXPECT_FALSE(found->opens);
    const auto report = Repair(store.dir.path());
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_THAT(report->actions, ElementsAre(HasSubstr("FORMAT")));
    EXPECT_EQ(report->lost_messages, 0);
    EXPECT_THAT(Repair(store.dir.path())->actions, IsEmpty());
    store.Reopen();
    EXPECT_EQ(store.calls().Stats("prod").pending, 2);
  }
}

TEST(Directory, ThatIsMovedAwayTurnsReadinessOffUntilItIsBack) {
  RocksStore store;
  store.calls().Append("prod", {"a"});
  const auto wait_for = [&](bool ready) {
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (store.queue().GetStoreStats()->ready != ready) {
      if (absl::Now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  };
  const std::string aside = store.dir.sibling("aside");
  fs::rename(store.dir.path(), aside);
  ASSERT_TRUE(wait_for(false));
  EXPECT_THAT(store.queue().GetStoreStats()->not_ready_reason,
              HasSubstr("deleted or replaced"));
  // An OK would promise what nobody finds again.
  const auto refused = store.calls().Append({testing::ChunkOf("prod", {"b"})});
  EXPECT_EQ(base::ReasonOf(refused.status()), "QUEUE_UNAVAILABLE");
  // Another one in its place is not ours.
  fs::create_directories(store.dir.path());
  { const std::ofstream lock(store.dir.path() + "/lock"); }
  EXPECT_FALSE(store.calls().Append({testing::ChunkOf("prod", {"b"})}).ok());
  fs::remove_all(store.dir.path());
  fs::rename(aside, store.dir.path());
  ASSERT_TRUE(wait_for(true));
  EXPECT_EQ(store.calls().Append("prod", {"b"}).accepted, 1);
}

TEST(Directory, FsckNoticesAMissingCurrent) {
  RocksStore store;
  store.calls().Append("prod", {"a"});
  store.Close();
  fs::remove(store.dir.path() + "/db/CURRENT");
  for (const bool with_mark : {true, false}) {
    if (!with_mark) fs::remove(store.dir.path() + "/watermark");
    const auto report = Fsck(store.dir.path());
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_THAT(report->problems, ElementsAre(HasSubstr("CURRENT")));
    EXPECT_FALSE(report->opens);
    EXPECT_FALSE(store.TryReopen().ok());
  }
  // Without a watermark, too, nothing is lost.
  const auto repaired = Repair(store.dir.path());
  ASSERT_TRUE(repaired.ok()) << repaired.status();
  EXPECT_EQ(repaired->lost_messages, 0);
  store.Reopen();
  EXPECT_EQ(store.calls().Stats("prod").pending, 1);
}

TEST(Directory, FsckNoticesAMissingDatabase) {
  RocksStore store;
  store.calls().Append("prod", {"a"});
  store.Close();
  fs::remove_all(store.dir.path() + "/db");
  const auto report = Fsck(store.dir.path());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->problems, ElementsAre(HasSubstr("is missing")));
  EXPECT_FALSE(report->opens);
  EXPECT_FALSE(store.TryReopen().ok());
}

// The server would not start, because it acknowledged more than is there.
TEST(Directory, FsckNoticesAMissingLog) {
  RocksStore store;
  store.calls().Append("prod", {"a"});
  store.Reopen();
  store.calls().Append("prod", {"b"});
  store.Close();
  for (const auto& entry : fs::directory_iterator(store.dir.path() + "/db")) {
    if (entry.path().extension() == ".log") fs::remove(entry.path());
  }
  EXPECT_FALSE(store.TryReopen().ok());
  const auto report = Fsck(store.dir.path());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->opens);
  EXPECT_FALSE(report->problems.empty());
}

TEST(Directory, FsckNoticesADamagedWatermark) {
  constexpr std::size_t kSector = 4096;
  for (const char* what : {"flipped", "empty", "garbage", "missing"}) {
    SCOPED_TRACE(what);
    RocksStore store;
    store.calls().Append("prod", {"a"});
    store.calls().Append("prod", {"b"});
    store.Close();
    const std::string path = store.dir.path() + "/watermark";
    std::string bytes(2 * kSector, '\0');
    std::ifstream(path, std::ios::binary).read(bytes.data(), std::ssize(bytes));
    // One copy in each sector.
    EXPECT_NE(bytes[4], 0);
    EXPECT_NE(bytes[kSector + 4], 0);
    bytes[4] = static_cast<char>(bytes[4] ^ 1);
    if (what == std::string("garbage")) bytes.assign(2 * kSector, 'x');
    if (what == std::string("empty")) bytes.clear();
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    if (what == std::string("missing")) fs::remove(path);
    const auto report = Fsck(store.dir.path());
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_THAT(report->problems, ElementsAre(HasSubstr("watermark")));
    EXPECT_TRUE(report->opens);
    const auto repaired = Repair(store.dir.path());
    ASSERT_TRUE(repaired.ok()) << repaired.status();
    EXPECT_EQ(repaired->lost_messages, 0);
    EXPECT_THAT(Fsck(store.dir.path())->problems, IsEmpty());
    store.Reopen();
    EXPECT_EQ(store.calls().Stats("prod").pending, 2);
  }
}

TEST(Directory, RepairLeavesANewerFormatAlone) {
  RocksStore store;
  store.Close();
  SetFormat(store, "segrid-queue 3\n");
  EXPECT_EQ(base::ReasonOf(Repair(store.dir.path()).status()), "QUEUE_FORMAT");
  EXPECT_EQ(Format(store.dir.path()), "segrid-queue 3\n");
  SetFormat(store, "segrid-queue 2\n");
  store.Reopen();
}

}  // namespace
}  // namespace segrid::queue::rocksdb

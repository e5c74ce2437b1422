// The FORMAT file: what an unclean end and a bad disk may leave of it.

#include "core/queue/rocksdb/directory.h"

#include <filesystem>
#include <fstream>
#include <string>

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
  EXPECT_EQ(Format(store.dir.path()), "segrid-queue 1\n");
  EXPECT_FALSE(fs::exists(store.dir.path() + "/FORMAT.new"));
}

// Versions that wrote the file in two steps could leave an empty one.
TEST(Directory, AnEmptyFormatWithoutDataIsAFirstStart) {
  const QueueDir dir;
  fs::create_directories(dir.path());
  { const std::ofstream empty(dir.path() + "/FORMAT"); }
  ASSERT_TRUE(Directory::Open(dir.path(), Directory::Purpose::kServe).ok());
  EXPECT_EQ(Format(dir.path()), "segrid-queue 1\n");
}

TEST(Directory, RepairWritesAFormatThatIsDamagedOrMissing) {
  for (const bool missing : {false, true}) {
    RocksStore store;
    store.calls().Append("prod", {"a", "b"});
    store.Close();
    SetFormat(store, "segrid-queve 1\n");
    if (missing) fs::remove(store.dir.path() + "/FORMAT");
    EXPECT_EQ(base::ReasonOf(store.TryReopen()), "QUEUE_CORRUPT");
    EXPECT_EQ(base::ReasonOf(Fsck(store.dir.path()).status()), "QUEUE_CORRUPT");
    const auto report = Repair(store.dir.path());
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_THAT(report->actions, ElementsAre(HasSubstr("FORMAT")));
    EXPECT_EQ(report->lost_messages, 0);
    EXPECT_THAT(Repair(store.dir.path())->actions, IsEmpty());
    store.Reopen();
    EXPECT_EQ(store.calls().Stats("prod").pending, 2);
  }
}

TEST(Directory, RepairLeavesANewerFormatAlone) {
  RocksStore store;
  store.Close();
  SetFormat(store, "segrid-queue 2\n");
  EXPECT_EQ(base::ReasonOf(Repair(store.dir.path()).status()), "QUEUE_FORMAT");
  EXPECT_EQ(Format(store.dir.path()), "segrid-queue 2\n");
  SetFormat(store, "segrid-queue 1\n");
  store.Reopen();
}

}  // namespace
}  // namespace segrid::queue::rocksdb

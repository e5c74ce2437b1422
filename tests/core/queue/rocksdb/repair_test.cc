// One altered byte must not cost more than the commits around it.

#include "core/queue/rocksdb/repair.h"

#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "core/queue/rocksdb/database.h"
#include "core/queue/rocksdb/fsck.h"
#include "core/queue/rocksdb/records.h"
#include "core/queue/rocksdb/wal_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/queue/rocksdb/rocks_store.h"

namespace segrid::queue::rocksdb {
namespace {

namespace fs = std::filesystem;

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kMessages = 100;

// Each is a commit of its own, of about 2 KB: 16 to a block of the log.
void Fill(RocksStore& store) {
  std::mt19937 random(20'260'101);
  for (int i = 0; i < kMessages; ++i) {
    std::string more = ",\"p\":\"";
    for (int j = 0; j < 2'000; ++j) {
      more += "0123456789abcdefghijklmnopqrstuv"[random() % 32];
    }
    store.calls().Append("prod", {absl::StrCat("m", i)}, more + "\"");
  }
}

// The largest file of the database whose name has `part`.
fs::path FileOf(const RocksStore& store, const std::string& part) {
  fs::path largest;
  for (const auto& entry : fs::directory_iterator(store.dir.path() + "/db")) {
    const fs::path& path = entry.path();
    if (path.filename().string().find(part) == std::string::npos) continue;
    if (largest.empty() || fs::file_size(path) > fs::file_size(largest)) {
      largest = path;
    }
  }
  return largest;
}

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::set<std::string> TakeAll(RocksStore& store) {
  std::set<std::string> ids;
  while (true) {
    const Lease lease = store.calls().Take("prod", 1000);
    if (lease.messages.empty()) return ids;
    for (const std::string& id : testing::IdsOf(lease)) ids.insert(id);
  }
}

TEST(WalReader, ReadsEveryBatchOfASoundLog) {
  RocksStore store;
  Fill(store);
  store.Close();
  const std::string log = Read(FileOf(store, ".log"));
  const LogContent content = ReadLog(log);
  EXPECT_FALSE(content.damaged);
  EXPECT_GE(content.batches.size(), std::size_t{kMessages});

  // What a crash leaves of the last one.
  const LogContent torn =
      ReadLog(log.substr(0, log.find_last_not_of('\0') - 100));
  EXPECT_TRUE(torn.damaged);
  EXPECT_EQ(torn.batches.size(), content.batches.size() - 1);
  EXPECT_THAT(ReadLog("").batches, IsEmpty());
}

TEST(Repair, OneAlteredByteCostsTheCommitsAroundIt) {
  RocksStore store;
  Fill(store);
  store.Close();
  const fs::path log = FileOf(store, ".log");
  std::string bytes = Read(log);
  char& altered = bytes[bytes.find_last_not_of('\0') / 2];
  altered = static_cast<char>(altered ^ 4);
  Write(log, bytes);
  EXPECT_EQ(base::ReasonOf(store.TryReopen()), "QUEUE_CORRUPT");
  EXPECT_FALSE(Fsck(store.dir.path())->opens);

  const auto report = Repair(store.dir.path());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_GT(report->lost_messages, 0);
  EXPECT_LE(report->lost_messages, 20);
  EXPECT_THAT(report->actions, Contains(HasSubstr("are missing")));
  EXPECT_THAT(Fsck(store.dir.path())->problems, IsEmpty());
  store.Reopen();
  const std::set<std::string> taken = TakeAll(store);
  EXPECT_EQ(std::ssize(taken), kMessages - report->lost_messages);
  EXPECT_THAT(taken, Contains("m0"));
  EXPECT_THAT(taken, Contains("m99"));
  // They are not accepted again.
  EXPECT_EQ(store.calls().Append("prod", {"m0", "m99"}).duplicates, 2);
}

// RocksDB's own reader of batches aborts the process.
TEST(Repair, TakesAFileInALogsPlaceForDamage) {
  for (const bool has_catalog : {true, false}) {
    RocksStore store;
    Fill(store);
    store.Reopen();
    store.calls().Append("prod", {"late"});
    store.Close();
    Write(FileOf(store, ".log"), Read(FileOf(store, "MANIFEST")));
    if (!has_catalog) Write(FileOf(store, "CURRENT"), "nothing");
    const auto report = Repair(store.dir.path());
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_THAT(report->actions, Each(Not(HasSubstr("server repair"))));
    EXPECT_THAT(Fsck(store.dir.path())->problems, IsEmpty());
    store.Reopen();
    EXPECT_EQ(std::ssize(TakeAll(store)) + report->lost_messages,
              kMessages + 1);
  }
}

// So that the next repair knows it also when the family `settled` is lost.
TEST(Repair, WritesIntoALanesRecordWhatIsSettledAboveTheCursor) {
  RocksStore store;
  Fill(store);
  const Lease lease = store.calls().Take("prod", 10);
  const Sequence third = lease.messages[2].sequence;
  ASSERT_TRUE(store.calls()
                  .Ack({.lane = "prod",
                        .lease_id = lease.id,
                        .ranges = {{third, third + 1}}})
                  .ok());
  store.Close();
  const fs::path catalog = FileOf(store, "MANIFEST");
  Write(catalog, std::string(fs::file_size(catalog), 'x'));
  ASSERT_TRUE(Repair(store.dir.path()).ok());
  const auto database =
      Database::Open(store.dir.path() + "/db", OpenMode::kReadOnly, nullptr);
  ASSERT_TRUE(database.ok()) << database.status();
  const std::string key = LaneKey("prod");
  const auto value = (*database)->Get(Family::kLanes, key);
  ASSERT_TRUE(value.ok() && value->has_value());
  const auto record = ParseLane(**value, key);
  ASSERT_TRUE(record.has_value() && record->gone.has_value());
  ASSERT_EQ(record->gone->size(), 1u);
  EXPECT_EQ(record->gone->at(0).first, third);
  EXPECT_EQ(record->gone->at(0).last, third + 1);
}

// Also when the letters are in one sorted file and their deletion in another,
// where an open puts them.
TEST(Repair, KeepsWhatWasPurged) {
  for (const bool in_sorted_files : {false, true}) {
    SCOPED_TRACE(in_sorted_files);
    RocksStore store;
    Fill(store);
    const Lease lease = store.calls().Take("prod", 3);
    ASSERT_TRUE(store.calls()
                    .DeadLetter(testing::AllOf("prod", lease), {"REFUSED", ""})
                    .ok());
    if (in_sorted_files) store.Reopen();
    ASSERT_EQ(*store.queue().PurgeDeadLetters({.lane = "prod"}), 3);
    store.calls().Append("gone", {"a", "b"});
    ASSERT_EQ(store.queue().DropLane("gone")->pending, 2);
    if (in_sorted_files) store.Reopen();
    store.Close();
    const fs::path catalog = FileOf(store, "MANIFEST");
    Write(catalog, std::string(fs::file_size(catalog), 'x'));
    ASSERT_EQ(base::ReasonOf(store.TryReopen()), "QUEUE_CORRUPT");
    const auto report = Repair(store.dir.path());
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->lost_messages, 0);
    const auto checked = Fsck(store.dir.path());
    EXPECT_THAT(checked->problems, IsEmpty());
    store.Reopen();
    EXPECT_EQ(store.calls().Stats("prod").purged, 3);
    EXPECT_EQ(store.calls().Stats("prod").expired, 0);
    EXPECT_EQ(store.calls().Stats("prod").pending, kMessages - 3);
    EXPECT_EQ(store.calls().Stats("prod").dead_letters, 0);
    EXPECT_EQ(store.calls().Stats("gone").purged, 2);
    EXPECT_EQ(store.calls().Stats("gone").pending, 0);
    EXPECT_EQ(store.queue().ListLanes()->size(), 1u);
  }
}

// Half of it in sorted files, half of it in the log.
TEST(Repair, ALostCatalogCostsNothing) {
  for (const std::string lost : {"MANIFEST", "CURRENT"}) {
    RocksStore store;
    Fill(store);
    store.Reopen();
    store.calls().Append("prod", {"late"});
    store.Close();
    const fs::path catalog = FileOf(store, lost);
    Write(catalog, std::string(fs::file_size(catalog), 'x'));
    if (lost == "CURRENT") fs::remove(catalog);
    EXPECT_EQ(base::ReasonOf(store.TryReopen()), "QUEUE_CORRUPT") << lost;
    const auto report = Repair(store.dir.path());
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->lost_messages, 0);
    EXPECT_THAT(report->actions, Each(Not(HasSubstr("are missing"))));
    store.Reopen();
    const std::set<std::string> taken = TakeAll(store);
    EXPECT_EQ(std::ssize(taken), kMessages + 1) << lost;
    EXPECT_THAT(taken, Contains("late"));
  }
}

}  // namespace
}  // namespace segrid::queue::rocksdb

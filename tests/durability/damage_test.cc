// Files that were cut off or altered: never a crash, never a wrong message,
// never a loss without a word.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "core/queue/rocksdb/fsck.h"
#include "core/queue/rocksdb/repair.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/queue/rocksdb/rocks_store.h"
#include "tests/durability/store_files.h"

namespace segrid::queue {
namespace {

namespace fs = std::filesystem;

using rocksdb::Fsck;
using rocksdb::FsckReport;
using rocksdb::Repair;
using rocksdb::RepairReport;

// SEGRID_DAMAGES: how many offsets and bits to try; "all" for every one.
std::size_t Damages(std::size_t all, std::size_t usual) {
  const char* const value = std::getenv("SEGRID_DAMAGES");
  if (value == nullptr) return std::min(all, usual);
  if (std::string(value) == "all") return all;
  return std::min(all, static_cast<std::size_t>(std::atoll(value)));
}

// What a message's JSON has besides its id: 700 bytes that do not get smaller,
// and 200 that do.
std::string More(const std::string& id) {
  std::mt19937 random(static_cast<std::uint32_t>(std::hash<std::string>{}(id)));
  std::string text = ",\"p\":\"";
  for (int i = 0; i < 700; ++i) {
    text += "0123456789abcdefghijklmnopqrstuv"[random() % 32];
  }
  return text + std::string(200, '-') + "\"";
}

// The files of a store as a kill leaves them, to be put back after each damage.
class Specimen {
 public:
  // `sorted`: the messages are in a sorted file, not in the log.
  explicit Specimen(bool sorted) {
    RocksStore store({.max_bytes = 1 << 30, .max_lane_bytes = 1 << 30});
    std::vector<Chunk> packed;
    for (int i = 0; i < 120; ++i) {
      const std::string id = absl::StrCat("m", i);
      pending.insert(id);
      // Half of them one by one, as they are; half together, compressed.
      const bool alone = i % 2 == 1;
      if (alone) store.calls().Append("prod", {id}, More(id));
      if (!alone) packed.push_back(testing::ChunkOf("prod", {id}, More(id)));
    }
    EXPECT_TRUE(store.calls().Append({Joined(packed)}).ok());
    if (sorted) store.Reopen();
    const Lease lease = store.calls().Take("prod", 5);
    for (const std::string& id : testing::IdsOf(lease)) {
      pending.erase(id);
      delivered.insert(id);
    }
    EXPECT_TRUE(store.calls().Ack(testing::AllOf("prod", lease)).ok());
    files = tests::StoreFiles(store.dir.path());
  }

  std::string Largest(const std::string& extension) const {
    return files.Largest(extension);
  }

  // A fresh copy with one file replaced.
  void Place(const fs::path& directory, const std::string& name,
             const std::string& bytes) const {
    files.Place(directory);
    if (!name.empty()) tests::WriteFile(directory / name, bytes);
  }

  tests::StoreFiles files;
  std::set<std::string> pending;
  std::set<std::string> delivered;  // May come again.
};

// What an open, a take of everything and a repair of a damaged store do.
class Judge {
 public:
  explicit Judge(const Specimen& specimen) : specimen_(specimen) {}

  void Try(const std::string& name, const std::string& bytes, bool repair) {
    specimen_.Place(dir_.path(), name, bytes);
    const absl::Status status = OpenAndTakeAll();
    if (status.ok()) {
      ++intact;
      // Nothing was lost: so nothing may be missing.
      EXPECT_TRUE(std::includes(taken_.begin(), taken_.end(),
                                specimen_.pending.begin(),
                                specimen_.pending.end()))
          << taken_.size() << " messages came";
      return;
    }
    ++reported;
    EXPECT_EQ(base::ReasonOf(status), "QUEUE_CORRUPT") << status;
    if (repair) RepairAndCheck(name, bytes);
  }

  int intact = 0;
  int reported = 0;
  int repaired = 0;

 private:
  absl::Status OpenAndTakeAll() {
    taken_.clear();
    testing::FakeClock clock;
    auto queue = rocksdb::RocksQueue::Open(
        {.directory = dir_.path(), .reserve_bytes = 0}, clock);
    if (!queue.ok()) return queue.status();
    testing::QueueCalls calls(**queue);
    while (true) {
      const auto lease = calls.Take(TakeRequest{.lane = "prod"});
      if (!lease.ok()) {
        EXPECT_FALSE((*queue)->GetStoreStats()->ready);
        return lease.status();
      }
      if (lease->messages.empty()) return absl::OkStatus();
      for (const LeasedMessage& message : lease->messages) {
        const std::string id(message.id);
        EXPECT_EQ(message.track, testing::TrackJson(id, More(id)));
        EXPECT_TRUE(specimen_.pending.contains(id) ||
                    specimen_.delivered.contains(id));
        EXPECT_TRUE(taken_.insert(id).second) << id << " came twice";
      }
    }
  }

  void RepairAndCheck(const std::string& name, const std::string& bytes) {
    ++repaired;
    specimen_.Place(dir_.path(), name, bytes);
    const auto before = Fsck(dir_.path());
    ASSERT_TRUE(before.ok()) << before.status();
    EXPECT_FALSE(before->problems.empty());
    const auto report = Repair(dir_.path());
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_FALSE(report->actions.empty());
    const auto after = Fsck(dir_.path());
    ASSERT_TRUE(after.ok()) << after.status();
    EXPECT_THAT(after->problems, ::testing::IsEmpty());
    const absl::Status status = OpenAndTakeAll();
    EXPECT_TRUE(status.ok()) << status;
    std::int64_t missing = 0;
    for (const std::string& id : specimen_.pending) {
      missing += taken_.contains(id) ? 0 : 1;
    }
    EXPECT_EQ(report->lost_messages, missing);
  }

  const Specimen& specimen_;
  QueueDir dir_;
  std::set<std::string> taken_;
};

TEST(Damage, ALogCutOffAt4096OffsetsIsReportedAndRepaired) {
  const Specimen specimen(false);
  const std::string name = specimen.Largest(".log");
  const std::string& log = specimen.files.at(name);
  const std::size_t used = log.find_last_not_of('\0') + 1;
  ASSERT_GT(used, 64u << 10);
  Judge judge(specimen);
  const std::size_t cuts = Damages(4'096, 4'096);
  for (std::size_t i = 0; i < cuts && !::testing::Test::HasFailure(); ++i) {
    const std::size_t offset = used * i / cuts;
    SCOPED_TRACE(::testing::Message() << name << " cut off at " << offset);
    judge.Try(name, log.substr(0, offset), i % 64 == 0);
  }
  std::cout << cuts << " offsets: " << judge.reported << " reported, "
            << judge.repaired << " of them repaired, " << judge.intact
            << " without a loss" << std::endl;
  EXPECT_GT(judge.reported, 0);
}

void ExpectFlippedBitsAreReported(const Specimen& specimen,
                                  const std::string& name, std::size_t usual) {
  constexpr std::size_t kRegion = 64 << 10;
  const std::string& file = specimen.files.at(name);
  ASSERT_GE(file.size(), kRegion);
  Judge judge(specimen);
  const std::size_t flips = Damages(kRegion * 8, usual);
  std::mt19937 random(20'260'101);
  for (std::size_t i = 0; i < flips && !::testing::Test::HasFailure(); ++i) {
    // Spread, and not always the same bit of a byte.
    const std::size_t bit =
        flips == kRegion * 8 ? i : kRegion * 8 * i / flips + random() % 8;
    SCOPED_TRACE(::testing::Message() << name << " bit " << bit);
    std::string bytes = file;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    judge.Try(name, bytes, i % 64 == 0);
  }
  std::cout << flips << " bits: " << judge.reported << " reported, "
            << judge.repaired << " of them repaired, " << judge.intact
            << " without a loss" << std::endl;
  EXPECT_GT(judge.reported, 0);
}

TEST(Damage, AFlippedBitOfTheLogIsReportedAndRepaired) {
  const Specimen specimen(false);
  ExpectFlippedBitsAreReported(specimen, specimen.Largest(".log"), 1'024);
}

TEST(Damage, AFlippedBitOfASortedFileIsReportedAndRepaired) {
  const Specimen specimen(true);
  ExpectFlippedBitsAreReported(specimen, specimen.Largest(".sst"), 1'024);
}

void ExpectMissed(const Specimen& specimen, const std::string& name) {
  SCOPED_TRACE(name);
  QueueDir dir;
  specimen.Place(dir.path(), "", "");
  fs::remove(fs::path(dir.path()) / name);
  testing::FakeClock clock;
  const auto queue = rocksdb::RocksQueue::Open(
      {.directory = dir.path(), .reserve_bytes = 0}, clock);
  EXPECT_EQ(base::ReasonOf(queue.status()), "QUEUE_CORRUPT") << queue.status();
}

TEST(Damage, AMissingFileIsReported) {
  const Specimen log(false);
  ExpectMissed(log, log.Largest(".log"));
  const Specimen sorted(true);
  for (const auto& [name, bytes] : sorted.files) {
    if (name.ends_with(".sst") || name == "FORMAT" || name == "db/CURRENT" ||
        name.find("MANIFEST") != std::string::npos) {
      ExpectMissed(sorted, name);
    }
  }
}

TEST(Damage, FsckProvesASoundStoreAndChangesNothing) {
  const Specimen specimen(false);
  QueueDir dir;
  specimen.Place(dir.path(), "", "");
  const auto report = Fsck(dir.path());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->problems, ::testing::IsEmpty());
  EXPECT_EQ(report->messages, 115);
  ASSERT_EQ(report->lanes.size(), 1u);
  EXPECT_EQ(report->lanes[0].accepted, 120);
  EXPECT_EQ(report->lanes[0].delivered, 5);
  for (const auto& [name, bytes] : specimen.files) {
    EXPECT_EQ(tests::ReadFile(fs::path(dir.path()) / name), bytes) << name;
  }
  for (const auto& entry : fs::recursive_directory_iterator(dir.path())) {
    const std::string name = fs::relative(entry.path(), dir.path()).string();
    EXPECT_TRUE(entry.is_directory() || specimen.files.contains(name)) << name;
  }
  EXPECT_EQ(Repair(dir.path())->actions.size(), 0u);
}

}  // namespace
}  // namespace segrid::queue

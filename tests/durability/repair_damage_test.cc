// What a repair saves and what it says: nothing is lost whose own bytes are
// whole, and what is lost is said, not more and not less.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/queue/rocksdb/fsck.h"
#include "core/queue/rocksdb/repair.h"
#include "core/queue/rocksdb/varint_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/queue/rocksdb/rocks_store.h"
#include "tests/durability/store_files.h"

namespace segrid::queue {
namespace {

namespace fs = std::filesystem;

using rocksdb::Fsck;
using rocksdb::Repair;
using tests::StoreFiles;

constexpr std::array<const char*, 2> kLanes = {"prod", "test"};

std::size_t FromEnvironment(const char* name, std::size_t otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise
                          : static_cast<std::size_t>(std::atoll(value));
}

// What is in a store, lane by lane.
struct Content {
  std::map<std::string, std::set<std::string>> pending{};
  std::map<std::string, std::set<std::string>> dead{};
  std::map<std::string, LaneStats> stats{};
};

std::string More(std::size_t i) {
  std::mt19937 random(static_cast<std::uint32_t>(i));
  std::string text = ",\"p\":\"";
  for (int j = 0; j < 300; ++j) {
    text += "0123456789abcdefghijklmnopqrstuv"[random() % 32];
  }
  return text + "\"";
}

// Takes everything out of an open store.
void Read(Queue& queue, Content& content) {
  testing::QueueCalls calls(queue);
  for (const std::string lane : kLanes) {
    content.stats[lane] = calls.Stats(lane);
    for (bool more = true; more;) {
      const auto lease = calls.Take(TakeRequest{.lane = lane});
      ASSERT_TRUE(lease.ok()) << lease.status();
      for (const std::string& id : testing::IdsOf(*lease)) {
        EXPECT_TRUE(content.pending[lane].insert(id).second) << id;
      }
      more = !lease->messages.empty();
    }
    const auto page =
        queue.ListDeadLetters({.filter = {.lane = lane}, .page_size = 1'000});
    ASSERT_TRUE(page.ok()) << page.status();
    for (const DeadLetter& letter : page->dead_letters) {
      content.dead[lane].insert(letter.message_id);
    }
  }
}

// Two lanes with what a store can have: delivered in order and out of order,
// dead, replayed, purged and pending; half of it in sorted files.
class Patient {
 public:
  Patient() {
    RocksStore store({.max_bytes = 1 << 30, .max_lane_bytes = 1 << 30});
    Work(store, 0);
    store.Reopen();
    Work(store, 100);
    files = StoreFiles(store.dir.path());
    // What is on loan is pending, too.
    store.clock.Advance(absl::Hours(1));
    Read(store.queue(), whole);
  }

  StoreFiles files;
  Content whole;

 private:
  static void Work(RocksStore& store, std::size_t from) {
    testing::QueueCalls calls = store.calls();
    for (std::size_t i = from; i < from + 40; ++i) {
      const std::string id = absl::StrCat("m", i);
      calls.Append(kLanes[i % 3 == 0 ? 1 : 0], {id}, More(i));
    }
    for (const char* lane : kLanes) {
      ASSERT_TRUE(calls.Ack(testing::AllOf(lane, calls.Take(lane, 3))).ok());
      // These stay behind, on loan.
      calls.Take(lane, 2);
      ASSERT_TRUE(calls.Ack(testing::AllOf(lane, calls.Take(lane, 2))).ok());
      for (const char* reason : {"KEPT", "REPLAYED", "PURGED"}) {
        ASSERT_TRUE(calls
                        .DeadLetter(testing::AllOf(lane, calls.Take(lane, 2)),
                                    {reason, ""})
                        .ok());
      }
      ASSERT_TRUE(store.queue()
                      .ReplayDeadLetters({.lane = lane, .reason = "REPLAYED"})
                      .ok());
      // A repair cannot tell a purge that is lost from letters that are.
      if (from > 0) continue;
      ASSERT_TRUE(store.queue()
                      .PurgeDeadLetters({.lane = lane, .reason = "PURGED"})
                      .ok());
    }
  }
};

// How many of `whole` are not in `now`.
std::int64_t Missing(const std::map<std::string, std::set<std::string>>& whole,
                     const Content& now) {
  std::int64_t missing = 0;
  for (const auto& [lane, ids] : whole) {
    for (const std::string& id : ids) {
      const auto has = [&, lane = lane](const auto& by_lane) {
        const auto found = by_lane.find(lane);
        return found != by_lane.end() && found->second.contains(id);
      };
      missing += has(now.pending) || has(now.dead) ? 0 : 1;
    }
  }
  return missing;
}

// Repairs the store in `dir` if it needs it. What it then has is in `now`.
void RepairAndRead(const std::string& dir, Content& now, std::int64_t& lost,
                   std::string& said) {
  const auto before = Fsck(dir);
  ASSERT_TRUE(before.ok()) << before.status();
  const auto report = Repair(dir, {kLanes.begin(), kLanes.end()});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(before->problems.empty(), report->actions.empty());
  for (const std::string& action : report->actions) {
    EXPECT_THAT(action, ::testing::Not(::testing::HasSubstr("server repair")));
  }
  lost = report->lost_messages;
  said = absl::StrJoin(report->actions, "\n");
  const auto after = Fsck(dir);
  ASSERT_TRUE(after.ok()) << after.status();
  ASSERT_THAT(after->problems, ::testing::IsEmpty());
  testing::FakeClock clock;
  auto queue =
      rocksdb::RocksQueue::Open({.directory = dir, .reserve_bytes = 0}, clock);
  ASSERT_TRUE(queue.ok()) << queue.status();
  Read(**queue, now);
  for (const auto& [lane, s] : now.stats) {
    EXPECT_EQ(s.accepted,
              s.delivered + s.pending + s.dead + s.expired + s.purged)
        << lane;
  }
}

std::string FamilyOf(const std::string& file) {
  const std::size_t at = file.find("name", file.rfind("column.family.id")) + 4;
  for (const char* name : {"default", "chunks", "bodies", "settled", "dead"}) {
    if (file.compare(at, std::string(name).size(), name) == 0) return name;
  }
  return "";
}

// A repair after one bit of `name` is flipped.
void ExpectNothingLost(const Patient& patient, const std::string& name,
                       std::size_t bit) {
  SCOPED_TRACE(::testing::Message() << name << " bit " << bit);
  QueueDir dir;
  patient.files.Place(dir.path());
  std::string altered = patient.files.at(name);
  altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << bit % 8));
  tests::WriteFile(dir.path() + "/" + name, altered);
  Content now;
  std::int64_t lost = -1;
  std::string said;
  RepairAndRead(dir.path(), now, lost, said);
  EXPECT_EQ(lost, 0) << said;
  EXPECT_EQ(Missing(patient.whole.pending, now), 0);
  EXPECT_EQ(Missing(patient.whole.dead, now), 0);
  for (const char* lane : kLanes) {
    EXPECT_EQ(now.stats[lane].accepted, patient.whole.stats.at(lane).accepted);
    EXPECT_EQ(now.stats[lane].expired, patient.whole.stats.at(lane).expired);
  }
}

// SEGRID_SMALL_BITS: of each small file, how many bits to flip; 0: each.
TEST(RepairDamage, ABitOfTheSmallFamiliesCostsNoMessage) {
  const Patient patient;
  std::mt19937 random(20'260'101);
  std::size_t flips = 0;
  std::set<std::string> families;
  for (const auto& [name, bytes] : patient.files) {
    const std::string family =
        name.ends_with(".sst") ? FamilyOf(bytes) : std::string();
    if (family != "default" && family != "chunks" && family != "settled") {
      continue;
    }
    families.insert(family);
    const std::size_t all = bytes.size() * 8;
    const std::size_t wanted = FromEnvironment("SEGRID_SMALL_BITS", 24);
    const std::size_t tries = wanted == 0 ? all : std::min(all, wanted);
    for (std::size_t i = 0; i < tries && !HasFailure(); ++i, ++flips) {
      const std::size_t bit = tries == all ? i : random() % all;
      ExpectNothingLost(patient, name, bit);
    }
  }
  EXPECT_EQ(families.size(), 3u);
  std::cout << "figure: bits of small families: " << flips
            << " flipped, 0 messages lost" << std::endl;
}

// RocksDB reads a file's properties before it compares their checksum.
TEST(RepairDamage, ABitAtTheEndOfTheirPropertiesCostsNoMessage) {
  const Patient patient;
  std::size_t tables = 0;
  for (const auto& [name, bytes] : patient.files) {
    if (!name.ends_with(".sst")) continue;
    const std::string family = FamilyOf(bytes);
    if (family == "bodies" || family == "dead") continue;
    ++tables;
    // The index of the parts follows the properties and their trailer.
    rocksdb::VarintReader footer(bytes, bytes.size() - 53 + 1);
    const std::size_t end = footer.Get() - 5;
    for (std::size_t bit = 8 * (end - 4); bit < 8 * end; ++bit) {
      ExpectNothingLost(patient, name, bit);
      if (HasFailure()) return;
    }
  }
  EXPECT_GE(tables, 3u);
}

// A copy of the files with some damage, and what was done, in words.
std::string Damage(StoreFiles& files, std::mt19937& random) {
  auto victim = files.begin();
  do {
    victim = std::next(files.begin(),
                       static_cast<std::ptrdiff_t>(random() % files.size()));
  } while (victim->second.empty());
  std::string& bytes = victim->second;
  const std::size_t at = random() % bytes.size();
  const std::string where = absl::StrCat(victim->first, " at ", at);
  switch (random() % 6) {
    case 0:
      bytes.resize(at);
      return "cut off: " + where;
    case 1: {
      const std::size_t page = at / 4096 * 4096;
      const std::size_t size = std::min<std::size_t>(4096, bytes.size() - page);
      bytes.replace(page, size, std::string(size, '\0'));
      return "zeroed page: " + where;
    }
    case 2:
      files.erase(victim);
      return "deleted: " + where;
    case 3:
      for (std::size_t i = at; i < std::min(bytes.size(), at + 100); ++i) {
        bytes[i] = static_cast<char>(random());
      }
      return "garbage: " + where;
    default:
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
      return "flipped bit: " + where;
  }
}

// SEGRID_RANDOM_DAMAGES: how many; SEGRID_SEED repeats a run.
TEST(RepairDamage, WhatIsLostIsSaidExactly) {
  const Patient patient;
  QueueDir dir;
  const std::size_t tries = FromEnvironment("SEGRID_RANDOM_DAMAGES", 60);
  const std::size_t seed = FromEnvironment("SEGRID_SEED", 1);
  std::int64_t losses = 0;
  for (std::size_t i = 0; i < tries && !HasFailure(); ++i) {
    std::mt19937 random(static_cast<std::uint32_t>(seed * 100'000 + i));
    StoreFiles damaged = patient.files;
    SCOPED_TRACE(::testing::Message() << "SEGRID_SEED=" << seed << " try " << i
                                      << " " << Damage(damaged, random));
    damaged.Place(dir.path());
    Content now;
    std::int64_t lost = -1;
    std::string said;
    RepairAndRead(dir.path(), now, lost, said);
    const std::int64_t missing =
        Missing(patient.whole.pending, now) + Missing(patient.whole.dead, now);
    EXPECT_EQ(lost, missing) << said;
    losses += missing;
  }
  std::cout << "figure: random damages: " << tries << ", " << losses
            << " messages lost, as many reported" << std::endl;
}

}  // namespace
}  // namespace segrid::queue

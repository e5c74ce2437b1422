// kill -9 at random moments under load, and between every two steps: nothing
// that was acknowledged is lost.

#include <cstdlib>
#include <random>
#include <string>

#include "core/base/clock.h"
#include "core/queue/rocksdb/rocks_queue.h"
#include "gtest/gtest.h"
#include "tests/core/queue/rocksdb/rocks_store.h"
#include "tests/durability/crash_books.h"

namespace segrid::tests {
namespace {

std::uint32_t FromEnvironment(const char* name, std::uint32_t otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr
             ? otherwise
             : static_cast<std::uint32_t>(std::strtoul(value, nullptr, 10));
}

// Opens what the children left and checks it against their words.
std::string CheckAll(const std::string& directory, CrashBooks& books) {
  base::SystemClock clock;
  auto queue = queue::rocksdb::RocksQueue::Open(
      {.directory = directory, .reserve_bytes = 0}, clock);
  if (!queue.ok()) return std::string(queue.status().message());
  return books.Check(**queue);
}

// SEGRID_KILLS: how often; SEGRID_SEED repeats a run, as far as threads let it.
TEST(Kill, AtRandomMomentsLosesNothing) {
  const std::uint32_t kills = FromEnvironment("SEGRID_KILLS", 100);
  const std::uint32_t seed =
      FromEnvironment("SEGRID_SEED", std::random_device{}());
  SCOPED_TRACE(::testing::Message() << "SEGRID_SEED=" << seed);
  std::mt19937 random(seed);
  std::size_t accepted = 0;
  std::int64_t twice = 0;
  int run = 0;
  while (run < static_cast<int>(kills)) {
    // A fresh store now and then: the first commits are special, too.
    queue::QueueDir dir;
    CrashBooks books;
    for (int i = 0; i < 20 && run < static_cast<int>(kills); ++i, ++run) {
      ASSERT_TRUE(
          books.RunChild(dir.path(), run, static_cast<int>(random() % 400)))
          << books.error() << " in run " << run;
    }
    ASSERT_EQ(CheckAll(dir.path(), books), "");
    accepted += books.accepted();
    twice += books.delivered_twice();
  }
  std::cout << kills << " kills, " << accepted << " messages acknowledged, "
            << twice << " delivered twice with the same id, 0 lost, seed "
            << seed << std::endl;
  EXPECT_GT(accepted, 0u);
}

TEST(Kill, BetweenEveryTwoStepsLosesNothing) {
  queue::QueueDir dir;
  CrashBooks books;
  int run = 0;
  // Of the disk, of a commit, of a delivery.
  for (const char* step :
       {"create", "file-append", "file-sync", "rename", "log-append",
        "log-half", "log-sync", "taken", "ahead", "prepared", "written",
        "marked", "answering", "taken-lease", "delivered", "acked", "dead",
        "replayed"}) {
    for (const int count : {1, 2, 5}) {
      // A start renames two files, and nothing else does.
      if (step == std::string("rename") && count > 2) continue;
      SCOPED_TRACE(::testing::Message() << step << " " << count);
      ASSERT_TRUE(books.RunChildTo(dir.path(), ++run, step, count))
          << books.error();
    }
  }
  EXPECT_EQ(CheckAll(dir.path(), books), "");
  EXPECT_GT(books.accepted(), 0u);
}

}  // namespace
}  // namespace segrid::tests

// A million pending messages: how much memory they take, how long a start
// takes, and that a drain gives the disk back.

#include <sys/resource.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/core/queue/rocksdb/rocks_store.h"

namespace segrid::queue {
namespace {

constexpr int kCalls = 10'000;
constexpr int kPerCall = 100;
constexpr std::int64_t kPending = std::int64_t{kCalls} * kPerCall;

rocksdb::RocksOptions Roomy() {
  return {.max_bytes = std::int64_t{1} << 40,
          .max_lane_bytes = std::int64_t{1} << 40};
}

// Of this process, now.
std::int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t size = 0;
  std::int64_t resident = 0;
  file >> size >> resident;
  return resident * 4096;
}

// Processor time of all threads: what a start takes on a machine that does
// nothing else.
absl::Duration ProcessorTime() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) +
         absl::DurationFromTimeval(usage.ru_stime);
}

std::uintmax_t DiskBytes(const std::string& directory) {
  std::uintmax_t bytes = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    const bool reserve = entry.path().filename() == "reserve";
    bytes += reserve ? 0 : entry.file_size();
  }
  return bytes;
}

// What messages have besides their ids: text that does not get smaller.
std::string Noise(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string text = ",\"p\":\"";
  while (text.size() < size) absl::StrAppend(&text, absl::Hex(random()));
  return text + "\"";
}

void Fill(RocksStore& store) {
  for (int call = 0; call < kCalls; ++call) {
    const std::string more = Noise(160, static_cast<std::uint64_t>(call));
    std::vector<std::string> ids;
    for (int i = 0; i < kPerCall; ++i) {
      ids.push_back(absl::StrCat("message-", call, "-", i));
    }
    ASSERT_EQ(store.calls().Append("prod", ids, more).accepted, kPerCall);
  }
}

TEST(Capacity, AMillionPendingMessagesTakeLittleMemoryAndStartInASecond) {
  RocksStore store(Roomy());
  Fill(store);
  const std::int64_t filled = ResidentBytes();
  store.Close();
  const absl::Duration before = ProcessorTime();
  const absl::Time start = absl::Now();
  store.Reopen();
  const absl::Duration wall = absl::Now() - start;
  const absl::Duration processor = ProcessorTime() - before;
  const std::int64_t opened = ResidentBytes();
  EXPECT_EQ(store.calls().Stats("prod").pending, kPending);
  std::cout << "1,000,000 pending: " << (filled >> 20)
            << " MiB resident when filled, " << (opened >> 20)
            << " MiB after a start, which took " << wall << " (" << processor
            << " of processor time)" << std::endl;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(filled, 200'000'000);
  EXPECT_LT(opened, 200'000'000);
  EXPECT_LT(processor, absl::Seconds(1));
#endif
}

TEST(Capacity, ADrainGivesTheDiskBack) {
  RocksStore store(Roomy());
  for (int call = 0; call < 400; ++call) {
    std::vector<Chunk> chunks;
    for (int i = call * 50; i < (call + 1) * 50; ++i) {
      chunks.push_back(
          testing::ChunkOf("prod", {absl::StrCat(i)},
                           Noise(4'000, static_cast<std::uint64_t>(i))));
    }
    ASSERT_TRUE(store.calls().Append({Joined(chunks)}).ok());
  }
  const std::uintmax_t full = DiskBytes(store.dir.path());
  while (true) {
    const Lease lease = store.calls().Take("prod");
    if (lease.messages.empty()) break;
    ASSERT_TRUE(store.calls().Ack(testing::AllOf("prod", lease)).ok());
  }
  // The store does it when it has nothing else to do.
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  std::uintmax_t drained = full;
  while (drained > (5u << 20) && absl::Now() < deadline) {
    try {
      drained = DiskBytes(store.dir.path());
    } catch (const std::filesystem::filesystem_error&) {
      // A file went away under the walk.
    }
    std::this_thread::yield();
  }
  std::cout << (full >> 10) << " KiB when full, " << (drained >> 10)
            << " KiB after the drain" << std::endl;
  EXPECT_GT(full, 10u << 20);
  EXPECT_LE(drained, 5u << 20);
}

}  // namespace
}  // namespace segrid::queue

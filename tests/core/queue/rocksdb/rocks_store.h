// A durable store in a directory that goes away with it, to be closed and
// opened again.

#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/queue/rocksdb/rocks_queue.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/queue_calls.h"

namespace segrid::queue {

// A directory that is removed at the end. In memory where that can be: what
// these tests end is the process, and syncs cost nothing there.
class QueueDir {
 public:
  QueueDir() : QueueDir(Memory()) {}
  explicit QueueDir(const std::string& parent) {
    std::string name = parent + "segrid-queue-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~QueueDir() { std::filesystem::remove_all(path_); }
  QueueDir(const QueueDir&) = delete;
  QueueDir& operator=(const QueueDir&) = delete;

  std::string path() const { return path_ + "/queue"; }
  std::string sibling(const std::string& name) const {
    return path_ + "/" + name;
  }

 private:
  static std::string Memory() {
    return std::filesystem::is_directory("/dev/shm") ? "/dev/shm/"
                                                     : ::testing::TempDir();
  }

  std::string path_;
};

// What the contract tests need.
struct RocksStore {
  static constexpr std::int64_t kMaxBytes = 3'000'000;
  static constexpr std::int64_t kMaxLaneBytes = 1'000'000;

  RocksStore() : RocksStore(rocksdb::RocksOptions{}) {}
  explicit RocksStore(rocksdb::RocksOptions some) : options(std::move(some)) {
    options.directory = dir.path();
    if (options.max_bytes == rocksdb::RocksOptions().max_bytes) {
      options.max_bytes = kMaxBytes;
      options.max_lane_bytes = kMaxLaneBytes;
    }
    options.reserve_bytes = 1 << 20;
    Reopen();
  }

  // Closes the store, if it is open, and opens it.
  absl::Status TryReopen() {
    queue_.reset();
    auto opened = rocksdb::RocksQueue::Open(options, clock);
    if (!opened.ok()) return opened.status();
    queue_ = *std::move(opened);
    return absl::OkStatus();
  }
  void Reopen() {
    const absl::Status status = TryReopen();
    ASSERT_TRUE(status.ok()) << status;
  }
  void Close() { queue_.reset(); }

  // Throws when the last open failed, which fails the test that asks and leaves
  // those behind it alone.
  Queue& queue() {
    if (queue_ == nullptr) throw std::logic_error("the store is not open");
    return *queue_;
  }
  testing::QueueCalls calls() { return testing::QueueCalls(queue()); }

  QueueDir dir;
  testing::FakeClock clock;
  rocksdb::RocksOptions options;
  std::unique_ptr<rocksdb::RocksQueue> queue_;
};

// Chunks of one lane as one.
inline Chunk Joined(const std::vector<Chunk>& chunks) {
  std::string json;
  Chunk all{.lane = chunks.front().lane};
  for (const Chunk& chunk : chunks) {
    if (!json.empty()) json += ',';
    const auto offset = static_cast<std::uint32_t>(json.size());
    for (Message message : chunk.messages) {
      message.offset += offset;
      message.id_offset += offset;
      all.messages.push_back(message);
    }
    json += chunk.json.view();
  }
  all.json = Bytes(std::move(json));
  return all;
}

}  // namespace segrid::queue

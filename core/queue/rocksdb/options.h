// The options of the durable store.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace rocksdb {
class Env;
}

namespace segrid::queue::rocksdb {

// Sizes of messages count their JSON.
struct RocksOptions {
  // The store's own directory; made with its last parent if it is missing.
  std::string directory{};

  std::int64_t max_bytes = std::int64_t{10} << 30;  // Pending and dead letters.
  std::int64_t max_lane_bytes = std::int64_t{10} << 30;
  absl::Duration dedup_window = absl::Hours(24);
  std::int64_t dedup_memory_bytes = 128 << 20;  // 32 bytes per id at most.

  // Limits a lane's dead letters. Over the first there is no room for more;
  // older ones than the second are deleted.
  std::int64_t max_dead_letter_bytes = std::int64_t{256} << 20;
  absl::Duration max_dead_letter_age = absl::Hours(24 * 30);

  // Disk space that is kept back: with less than this free, Append refuses. A
  // file of that size is freed when the disk is full all the same, so that
  // Ack can go on.
  std::int64_t reserve_bytes = 64 << 20;
  // Appends that wait for the disk; more are refused as QUEUE_FULL.
  std::int64_t max_waiting_bytes = 64 << 20;
  // Between two tries to write again after the disk failed.
  absl::Duration retry_interval = absl::Seconds(1);

  // Gets what RocksDB warns of: file names and error texts, never what a
  // message holds. Called from any thread, also while the store is being opened
  // and closed; must not call the store. Null: nobody is told.
  std::function<void(std::string_view text)> on_warning{};

  // Seams for tests. `env` is the disk (null: the real one) and outlives the
  // store. `sync` false breaks the promise of Append: for control runs that
  // show that a test can fail. `min_ahead_bytes` is small where few messages
  // shall take the ways of many. `on_step` is called between two steps of a
  // commit, by name, in the store's thread.
  ::rocksdb::Env* env = nullptr;
  bool sync = true;
  // JSON that waits while a commit is being synced, from which on the next is
  // prepared meanwhile.
  std::int64_t min_ahead_bytes = 64 << 10;
  std::function<void(std::string_view step)> on_step{};
};

}  // namespace segrid::queue::rocksdb

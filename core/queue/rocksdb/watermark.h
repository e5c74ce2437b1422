// How far the store has come, kept apart from its log: so that a log that ends
// too early can be told from one that lost acknowledged commits.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/queue/rocksdb/records.h"

namespace segrid::queue::rocksdb {

struct Mark {
  std::uint64_t commit = 0;         // The last one that was synced.
  std::int64_t accepted_total = 0;  // By then, of all lanes.
  absl::Time time{};
  // The lanes by their names, as they were when it was written, so that a
  // repair does not take what was delivered since for lost. As many as there is
  // room for: none in format 1.
  std::vector<std::pair<std::string, LaneRecord>> lanes{};
};

// A small file of two copies, which share no sector of the disk and are written
// in turn. It is written after a commit was synced and is not synced itself, so
// it never says too much: after a crash of the process it is exact, after one
// of the machine it may be old. Not thread-safe.
class Watermark {
 public:
  // The content of the file.
  struct Content {
    std::optional<Mark> mark{};  // Nullopt: nothing, or nothing to be read.
    bool exists = false;
    bool damaged = false;  // One of the copies cannot be read.
  };

  // UNAVAILABLE/QUEUE_UNAVAILABLE: the file cannot be made.
  static absl::StatusOr<std::unique_ptr<Watermark>> Open(
      const std::string& path);
  static Content Read(const std::string& path);

  ~Watermark();
  Watermark(const Watermark&) = delete;
  Watermark& operator=(const Watermark&) = delete;

  // When writing fails, an older mark is left: allowed.
  void Set(const Mark& mark);
  // Makes the file say `mark` and nothing else: after a repair.
  void Reset(const Mark& mark);

 private:
  explicit Watermark(int file) : file_(file) {}

  const int file_;
};

}  // namespace segrid::queue::rocksdb

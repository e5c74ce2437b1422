// How far the synced commits went, kept apart from their log: so that a log
// that ends too early can be told from one that lost acknowledged commits.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace segrid::queue::rocksdb {

struct Mark {
  std::uint64_t commit = 0;         // The last one that was synced.
  std::int64_t accepted_total = 0;  // By then, of all lanes.
  absl::Time time{};
};

// A small file. It is written after a commit was synced and is not synced
// itself, so it never says too much: after a crash of the process it is exact,
// after one of the machine it may be old. Not thread-safe.
class Watermark {
 public:
  // UNAVAILABLE/QUEUE_UNAVAILABLE: the file cannot be made.
  static absl::StatusOr<std::unique_ptr<Watermark>> Open(
      const std::string& path);
  // What a file says; nullopt: nothing, it is missing or damaged.
  static std::optional<Mark> Read(const std::string& path);

  ~Watermark();
  Watermark(const Watermark&) = delete;
  Watermark& operator=(const Watermark&) = delete;

  // What cannot be written leaves an older mark: allowed.
  void Set(const Mark& mark);
  // Makes both copies say `mark`: after a repair.
  void Reset(const Mark& mark);

 private:
  explicit Watermark(int file) : file_(file) {}

  const int file_;
};

}  // namespace segrid::queue::rocksdb

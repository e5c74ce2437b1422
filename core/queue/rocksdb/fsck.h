// Looks at a store that no process uses, and proves that its books are right.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/queue/rocksdb/directory.h"
#include "core/queue/stats.h"

namespace segrid::queue::rocksdb {

struct FsckReport {
  std::vector<LaneStats> lanes{};       // As the store has them.
  std::vector<std::string> problems{};  // Empty: everything is right.
  bool opens = true;              // Whether the server would start with it.
  std::uint64_t commit = 0;       // The last one.
  std::int64_t chunks = 0;        // Read and compared, every byte.
  std::int64_t messages = 0;      // The pending ones in them.
  std::int64_t dead_letters = 0;  // Read and compared.
  std::int64_t ids = 0;           // Remembered against duplicates.
};

// Reads every record of the store in `directory`; changes not a byte of it, so
// that a read-only file system will do. Damage is in the report, not in the
// status.
//
// NOT_FOUND/NO_QUEUE, FAILED_PRECONDITION/QUEUE_LOCKED, QUEUE_FORMAT and
// BAD_DATA_DIR: as Directory::Open. UNAVAILABLE/QUEUE_UNAVAILABLE: the disk
// failed.
absl::StatusOr<FsckReport> Fsck(const std::string& directory);

// The same of a directory that is open.
absl::Status CheckDatabase(const Directory& directory, FsckReport& report);

}  // namespace segrid::queue::rocksdb

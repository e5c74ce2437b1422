// What can still be read of the database's logs, for repair.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/queue/rocksdb/database.h"

namespace segrid::queue::rocksdb {

// RocksDB itself gives a log up at the first damage, and its repair forgets all
// logs of databases with several families. This reads around the damage: a
// record that is altered costs the commits in its block of 32 KiB and no more.

// The batches of writes in a log, in order; `damaged` when there were others.
struct LogContent {
  std::vector<std::string> batches{};
  bool damaged = false;
};
LogContent ReadLog(std::string_view bytes);

// Moves the logs of the database in `path`, which must not be open, to
// <path>/lost, and adds their new names to `logs` in the order of their making.
// UNAVAILABLE/QUEUE_UNAVAILABLE: the disk fails.
absl::Status SetLogsAside(const std::string& path,
                          std::vector<std::string>& logs);

// Writes what `logs` have and `database` has not. `is_rebuilt`: its catalog of
// families is new. Returns how many logs are damaged.
// Errors: as Database::Write.
absl::StatusOr<int> ReplayLogs(const std::vector<std::string>& logs,
                               bool is_rebuilt, Database& database);

}  // namespace segrid::queue::rocksdb

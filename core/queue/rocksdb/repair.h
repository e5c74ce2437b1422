// Makes a damaged store usable again, and says what that cost.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/queue/stats.h"

namespace segrid::queue::rocksdb {

struct RepairReport {
  std::vector<std::string> actions{};  // One line each; empty: it was sound.
  std::int64_t lost_messages = 0;      // Accepted, and not to be read any more.
  std::vector<LaneStats> lanes{};      // Afterwards.
};

// Keeps what can be read, gives the rest up, and balances the ledger: what is
// lost counts as expired. Messages of which only the mark of their delivery is
// lost are delivered again. A FORMAT file that is damaged or missing is taken
// for one of this version. Make a copy of the directory first.
//
// Errors: as Fsck; besides DATA_LOSS/QUEUE_CORRUPT: nothing can be saved.
absl::StatusOr<RepairReport> Repair(const std::string& directory);

}  // namespace segrid::queue::rocksdb

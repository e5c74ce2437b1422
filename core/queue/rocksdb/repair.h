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

// Makes a new database of all that can be read in the old one, puts it in its
// place in one step and keeps the old one in `db.damaged`. A sound store is not
// touched. The records of lanes and chunks that are lost are made anew from the
// messages. What is lost counts as expired. Messages of which only the mark of
// their delivery is lost are delivered again. A FORMAT file that is damaged or
// missing is taken for one of this version. `known_lanes` are names to try for
// lanes whose name is lost, which happens in format 1 only. Files keep the
// owner and the mode of those before them. Needs as much free space as the
// pending messages take.
//
// Errors: as Fsck; besides DATA_LOSS/QUEUE_CORRUPT: nothing can be saved, and
// nothing was changed.
absl::StatusOr<RepairReport> Repair(
    const std::string& directory,
    const std::vector<std::string>& known_lanes = {});

}  // namespace segrid::queue::rocksdb

// Lanes of the queue whose source left the configuration.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/deliver/deliverer.h"
#include "core/deliver/source_status.h"
#include "core/queue/queue.h"

namespace segrid::deliver {

// The ledgers of the lanes that nobody delivers, and in which messages are
// pending or dead, by name.
//
// Thread safety: any thread. Blocking: not for long, the books are cheap.
// Errors:        those of queue::Queue::ListLanes.
absl::StatusOr<std::vector<queue::LaneStats>> OrphanedLanes(
    const std::vector<SourceStatus>& statuses, queue::Queue& queue);

// The name under which such a lane is shown: its own, or `lane:NAME` where a
// source of that name delivers another lane.
std::string OrphanName(const std::vector<SourceStatus>& statuses,
                       const std::string& lane);

// The state of all sources: those of the deliverer in their order, then, as
// kOrphaned, the lanes that nobody delivers. Without these while the queue does
// not tell them.
std::vector<SourceStatus> StatusesWithOrphans(const Deliverer& deliverer,
                                              queue::Queue& queue);

}  // namespace segrid::deliver

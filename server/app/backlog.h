// What is still to be delivered when the service stops.

#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "core/deliver/deliverer.h"
#include "core/queue/queue.h"

namespace segrid::app {

// Number of Tracks in the lanes of all sources. A lane that cannot be asked
// counts as empty.
std::int64_t PendingTracks(const deliver::Deliverer& deliverer,
                           queue::Queue& queue);

// Waits until every source that delivers has an empty lane, or until
// `deadline`. Paused and misconfigured sources are not waited for. For a queue
// that dies with the process. Blocks.
void WaitUntilDelivered(const deliver::Deliverer& deliverer,
                        queue::Queue& queue, absl::Time deadline);

}  // namespace segrid::app

// Describes what is still to be delivered when the service stops.

#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "core/config/config.h"
#include "core/deliver/deliverer.h"
#include "core/queue/queue.h"

namespace segrid::engine {

// Number of Tracks in the lanes of all sources. A lane that cannot be asked
// counts as empty.
std::int64_t PendingTracks(const deliver::Deliverer& deliverer,
                           queue::Queue& queue);

// Whether the queue outlives the process.
enum class QueueLife {
  kDies,   // Whatever might still be delivered is waited for.
  kStays,  // Only what is being delivered: a source that fails goes on after
           // the next start.
};

QueueLife LifeOf(const config::Queue& queue);

// Waits until every source that delivers has an empty lane, or until
// `deadline`. Paused and misconfigured sources are not waited for. Blocks.
void WaitUntilDelivered(const deliver::Deliverer& deliverer,
                        queue::Queue& queue, QueueLife life,
                        absl::Time deadline);

}  // namespace segrid::engine

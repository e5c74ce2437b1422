#include "core/engine/backlog.h"

#include "absl/status/statusor.h"
#include "absl/time/clock.h"

namespace segrid::engine {
namespace {

std::int64_t PendingOf(const deliver::SourceStatus& source,
                       queue::Queue& queue) {
  const absl::StatusOr<queue::LaneStats> lane = queue.GetLaneStats(source.lane);
  return lane.ok() ? lane->pending : 0;
}

bool Delivers(const deliver::SourceStatus& source, QueueLife life) {
  using deliver::SourceState;
  const bool fails = source.state == SourceState::kBackingOff ||
                     source.state == SourceState::kRateLimited;
  return source.state == SourceState::kRunning ||
         (fails && life == QueueLife::kDies);
}

}  // namespace

QueueLife LifeOf(const config::Queue& queue) {
  return queue.store == config::Queue::Store::kMemory ? QueueLife::kDies
                                                      : QueueLife::kStays;
}

std::int64_t PendingTracks(const deliver::Deliverer& deliverer,
                           queue::Queue& queue) {
  std::int64_t pending = 0;
  for (const deliver::SourceStatus& source : deliverer.Statuses()) {
    pending += PendingOf(source, queue);
  }
  return pending;
}

void WaitUntilDelivered(const deliver::Deliverer& deliverer,
                        queue::Queue& queue, QueueLife life,
                        absl::Time deadline) {
  // Asked again and again: this happens once per life, and the statistics are
  // cheap.
  constexpr absl::Duration kInterval = absl::Milliseconds(5);
  while (absl::Now() < deadline) {
    std::int64_t pending = 0;
    for (const deliver::SourceStatus& source : deliverer.Statuses()) {
      if (Delivers(source, life)) pending += PendingOf(source, queue);
    }
    if (pending == 0) return;
    absl::SleepFor(kInterval);
  }
}

}  // namespace segrid::engine

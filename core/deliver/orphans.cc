#include "core/deliver/orphans.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace segrid::deliver {

absl::StatusOr<std::vector<queue::LaneStats>> OrphanedLanes(
    const std::vector<SourceStatus>& statuses, queue::Queue& queue) {
  SEGRID_ASSIGN_OR_RETURN(std::vector<queue::LaneStats> lanes,
                          queue.ListLanes());
  std::erase_if(lanes, [&statuses](const queue::LaneStats& lane) {
    return std::any_of(
        statuses.begin(), statuses.end(),
        [&lane](const auto& status) { return status.lane == lane.lane; });
  });
  return lanes;
}

std::string OrphanName(const std::vector<SourceStatus>& statuses,
                       const std::string& lane) {
  const bool is_taken =
      std::any_of(statuses.begin(), statuses.end(),
                  [&lane](const auto& status) { return status.name == lane; });
  return is_taken ? absl::StrCat("lane:", lane) : lane;
}

std::vector<SourceStatus> StatusesWithOrphans(const Deliverer& deliverer,
                                              queue::Queue& queue) {
  const std::vector<SourceStatus> configured = deliverer.Statuses();
  std::vector<SourceStatus> statuses = configured;
  const auto orphans = OrphanedLanes(configured, queue);
  if (!orphans.ok()) return statuses;
  for (const queue::LaneStats& lane : *orphans) {
    SourceStatus status;
    status.name = OrphanName(configured, lane.lane);
    status.lane = lane.lane;
    status.state = SourceState::kOrphaned;
    status.detail =
        "not in the configuration, so nothing delivers what waits: add the "
        "source again, name it in 'was' of another, or drop it";
    statuses.push_back(std::move(status));
  }
  return statuses;
}

}  // namespace segrid::deliver

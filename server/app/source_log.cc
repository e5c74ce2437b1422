#include "server/app/source_log.h"

#include <string>
#include <vector>

#include "core/config/environment.h"
#include "core/deliver/orphans.h"
#include "core/receivers/factory/make_receiver.h"

namespace segrid::app {

void LogWays(const config::Config& config, logging::Log& log) {
  const http::Variables variable = config::ProcessEnvironment().variable;
  for (const config::Source& source : config.sources) {
    const absl::StatusOr<receivers::Way> way =
        receivers::WayOf(source, variable);
    if (!way.ok()) continue;  // Its receiver was made, or the start failed.
    if (!way->variable.empty()) {
      log.Info(
          "the source goes through the proxy of the environment; proxy: "
          "none turns it off",
          {{"source", source.name},
           {"proxy", way->proxy},
           {"variable", way->variable}});
    }
    if (way->in_the_clear) {
      log.Warning(
          "the source delivers over plain http: keys and addresses "
          "travel in the clear",
          {{"source", source.name}, {"endpoint", way->url}});
    }
  }
}

void LogOrphans(const deliver::Deliverer& deliverer, queue::Queue& queue,
                logging::Log& log) {
  const std::vector<deliver::SourceStatus> statuses = deliverer.Statuses();
  const auto orphans = deliver::OrphanedLanes(statuses, queue);
  if (!orphans.ok()) return;
  for (const queue::LaneStats& lane : *orphans) {
    log.Warning(
        "a source left the configuration with events that nobody delivers: "
        "add it again, name it in 'was' of another, or drop it",
        {{"source", deliver::OrphanName(statuses, lane.lane)},
         {"state", std::string("orphaned")},
         {"pending", lane.pending},
         {"dead_letters", lane.dead_letters}});
  }
}

}  // namespace segrid::app

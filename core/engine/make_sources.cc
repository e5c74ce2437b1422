#include "core/engine/make_sources.h"

#include "core/base/status_macros.h"
#include "core/config/environment.h"
#include "core/receivers/factory/make_receiver.h"

namespace segrid::engine {

absl::StatusOr<std::vector<deliver::Source>> MakeSources(
    const config::Config& config, base::Clock& clock, pool::ThreadPool& pool) {
  const receivers::Environment environment{
      .io = pool.io(),
      .clock = clock,
      .data_dir = config.data_dir,
      .variable = config::ProcessEnvironment().variable};
  std::vector<deliver::Source> sources;
  for (const config::Source& from : config.sources) {
    deliver::Source& to = sources.emplace_back();
    to.name = from.name;
    to.lane = config::LaneOf(from);
    SEGRID_ASSIGN_OR_RETURN(to.receiver,
                            receivers::MakeReceiver(from, environment));
    to.max_age = from.max_age;
    to.expire_while_paused = from.expire_while_paused;
    to.requests_per_second = from.requests_per_second;
    to.events_per_second = from.events_per_second;
    to.max_in_flight = from.max_in_flight;
  }
  return sources;
}

}  // namespace segrid::engine

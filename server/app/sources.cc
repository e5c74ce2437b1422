#include "server/app/sources.h"

#include <utility>

#include "core/base/status_macros.h"
#include "core/receivers/factory/make_receiver.h"

namespace segrid::app {

absl::StatusOr<std::vector<deliver::Source>> MakeSources(
    const config::Config& config, base::Clock& clock, pool::ThreadPool& pool) {
  const receivers::Environment environment{
      .io = pool.io(), .clock = clock, .data_dir = config.data_dir};
  std::vector<deliver::Source> sources;
  for (const config::Source& from : config.sources) {
    deliver::Source& to = sources.emplace_back();
    to.name = from.name;
    SEGRID_ASSIGN_OR_RETURN(to.receiver,
                            receivers::MakeReceiver(from, environment));
    to.max_age = from.max_age;
    to.requests_per_second = from.requests_per_second;
    to.max_in_flight = from.max_in_flight;
  }
  return sources;
}

}  // namespace segrid::app

// From the configuration's sources to those that deliver.

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/deliver/deliverer.h"
#include "core/pool/thread_pool.h"
#include "server/logging/log.h"

namespace segrid::app {

// A receiver for each source, with the source's limits. `clock` and `pool` must
// outlive the sources.
//
// Thread safety: any thread. Blocking: opens files.
// Errors:        those of receivers::MakeReceiver.
absl::StatusOr<std::vector<deliver::Source>> MakeSources(
    const config::Config& config, base::Clock& clock, pool::ThreadPool& pool);

// Logs what an operator has not written down in the configuration, or shall not
// overlook: proxies of the environment, and sources whose keys and addresses
// travel in the clear.
void LogWays(const config::Config& config, logging::Log& log);

// A warning for each source that left the configuration and of which something
// is pending or dead.
//
// Blocking: not for long, the books are cheap.
void LogOrphans(const deliver::Deliverer& deliverer, queue::Queue& queue,
                logging::Log& log);

}  // namespace segrid::app

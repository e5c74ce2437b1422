// The log lines about sources as the configuration has them.

#pragma once

#include "core/config/config.h"
#include "core/deliver/deliverer.h"
#include "core/queue/queue.h"
#include "server/logging/log.h"

namespace segrid::app {

// Logs what an operator has not written down in the configuration, or shall not
// overlook: proxies of the environment, and sources whose keys and addresses
// travel in the clear.
void LogWays(const config::Config& config, logging::Log& log);

// A warning for each source that left the configuration and of which something
// is pending or dead.
//
// Blocking: not for long, the statistics are cheap.
void LogOrphans(const deliver::Deliverer& deliverer, queue::Queue& queue,
                logging::Log& log);

}  // namespace segrid::app

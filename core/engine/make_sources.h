// From the configuration's sources to those that deliver.

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/deliver/deliverer.h"
#include "core/pool/thread_pool.h"

namespace segrid::engine {

// A receiver for each source, with the source's limits. `clock` and `pool` must
// outlive the sources.
//
// Thread safety: any thread. Blocking: opens files.
// Errors:        those of receivers::MakeReceiver.
absl::StatusOr<std::vector<deliver::Source>> MakeSources(
    const config::Config& config, base::Clock& clock, pool::ThreadPool& pool);

}  // namespace segrid::engine

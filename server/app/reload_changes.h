// What differs between two configurations.

#pragma once

#include <string>

#include "core/config/config.h"

namespace segrid::app {

// The parts of a configuration that can change while the service runs are taken
// over from `to` into the copy of `from` that is given back.
config::Config WithReloadable(const config::Config& from,
                              const config::Config& to);

// The names of the parts in which the two differ, with commas: "grpc.listen,
// sources". "" when they are equal.
std::string Differences(const config::Config& a, const config::Config& b);

}  // namespace segrid::app

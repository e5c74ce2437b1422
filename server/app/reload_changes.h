// What differs between two configurations.

#pragma once

#include <string>
#include <vector>

#include "core/config/config.h"

namespace segrid::app {

// The parts of a configuration that can change while the service runs are taken
// over from `to` into the copy of `from` that is given back: logging.level,
// drain, reload, grpc.tokens, grpc.tls, http.tls (not turning it on or off),
// and the webhooks that both have, but for sources that do not run.
//
// Of a door with an address that other machines can reach and that `to` gives
// up, nothing is taken: it stays open until the restart, and `to` may ask less
// of its callers because it believes it closed.
config::Config WithReloadable(const config::Config& from,
                              const config::Config& to);

// The files that `config` names for the doors' certificates; "" for none.
std::vector<std::string> CertificateFiles(const config::Config& config);

// The names of the parts in which the two differ, with commas: "grpc.listen,
// sources". "" when they are equal.
std::string Differences(const config::Config& a, const config::Config& b);

}  // namespace segrid::app

// What differs between two configurations.

#pragma once

#include <string>
#include <vector>

#include "core/config/config.h"

namespace segrid::app {

// The parts of a configuration that can change while the service runs are taken
// over from `to` into the copy of `from` that is given back: sources,
// logging.level, drain, reload, grpc.tokens, grpc.tls, http.tls (not turning it
// on or off), webhooks, and of the addresses that they go: new ones wait for a
// restart.
//
// A listener that closes an address that other machines can reach takes
// nothing else: who is connected through it may still be there, and `to` may
// ask less of callers because it believes it closed.
config::Config WithReloadable(const config::Config& from,
                              const config::Config& to);

// The files that `config` names for the certificates of listeners and sources;
// "" for none. Those of the listeners come first: cert, key and client_ca of
// gRPC and of HTTP.
std::vector<std::string> CertificateFiles(const config::Config& config);

}  // namespace segrid::app

// Why an address cannot be listened on: gRPC does not tell.

#pragma once

#include <string>

#include "absl/status/status.h"

namespace segrid::rpc {

// Checks what gRPC would do silently: a Unix socket that another process serves
// is not taken over.
//
// UNAVAILABLE, CANNOT_LISTEN: another process serves the socket.
absl::Status CheckBeforeListening(const std::string& address);

// What is wrong with `address`, which gRPC could not listen on:
// UNAVAILABLE, CANNOT_LISTEN, with the system's reason where it can be found.
//
// Thread safety of both: any thread. Blocking: for a name's resolution.
absl::Status ExplainListenFailure(const std::string& address);

}  // namespace segrid::rpc

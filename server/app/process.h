// Sets up the libraries of the server's process; core/base/process.h does that
// for the system.

#pragma once

namespace segrid::app {

// The log lines of gRPC and Protobuf have another form than ours and may name
// peers, so they are dropped unless the operator sets GRPC_VERBOSITY.
void QuietLibraries();

}  // namespace segrid::app

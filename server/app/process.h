// What the libraries of the server's process are told; see core/base/process.h
// for what the system is.

#pragma once

namespace segrid::app {

// The log lines of gRPC and Protobuf have another form than ours and may name
// peers, so they are dropped unless the operator sets GRPC_VERBOSITY.
void QuietLibraries();

}  // namespace segrid::app

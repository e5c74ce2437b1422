// What the gRPC listener asks of peers of Unix sockets: nothing.

#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "server/auth/unix_peers.h"

namespace segrid::rpc {

// Credentials for connections whose peer the kernel has named: plain HTTP/2,
// and each call's context says what the peer may do (see known_caller.h). gRPC
// refuses them on anything but a Unix socket.
std::shared_ptr<grpc::ServerCredentials> UnixCredentials(
    const auth::UnixGrant& grant);

}  // namespace segrid::rpc

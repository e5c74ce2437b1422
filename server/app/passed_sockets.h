// Sockets that systemd has opened and passed on (socket activation): the
// service may start with the first connection, and a restart refuses none.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/config/config.h"

namespace segrid::app {

// A listening socket of somebody else's. `name` is for ListenSocket::Open,
// `address` is where it listens: host:port or unix:/path.
struct PassedSocket {
  std::string name{};
  std::string address{};
};

// By the listener that they are for; a listener with any listens on these and
// on no address of its configuration.
struct PassedSockets {
  std::vector<PassedSocket> grpc{};
  std::vector<PassedSocket> http{};
  std::vector<PassedSocket> admin{};
};

// Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES: descriptors from 3 on, named
// `grpc`, `http` (or `webhook`) and `admin` by FileDescriptorName= of their
// units. None when they are for another process.
//
// FAILED_PRECONDITION, BAD_SOCKET: a descriptor has no such name, or is no
// listening socket.
absl::StatusOr<PassedSockets> TakePassedSockets();

// Puts the sockets in place of addresses. Errors, as for addresses that stand
// in the file:
// INVALID_ARGUMENT, INSECURE_LISTEN: other machines can reach one of them and
// its listener is not made for that.
absl::Status ApplySockets(const PassedSockets& sockets, config::Config& config);

}  // namespace segrid::app

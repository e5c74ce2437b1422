// Connections that came through an address where nobody listens any more.

#pragma once

#include <sys/types.h>

#include <string>
#include <unordered_map>

#include "absl/time/time.h"
#include "server/rpc/connection_loads.h"

namespace segrid::rpc {

// Ends each once no call has been open on it for a while, at the latest at its
// deadline. Calls of Unix sockets are not seen, because channelz does not tell
// these apart: they have until the deadline.
//
// Thread safety: none. Blocking: never.
class LeavingConnections {
 public:
  // A connected socket of gRPC's; times are of any steady clock.
  void Add(int descriptor, absl::Duration deadline);

  // Ends those whose time has come, and forgets those that have ended. Look
  // every 20 ms.
  void Look(absl::Duration now);

  // Ends all of them now.
  void EndAll();

  bool empty() const { return connections_.empty(); }

 private:
  struct Connection {
    ino_t socket;
    std::string name;  // As channelz has it.
    absl::Duration deadline;
    int idle_looks = 0;  // In a row.
  };

  ConnectionLoads loads_;
  std::unordered_map<int, Connection> connections_;  // By descriptor.
};

}  // namespace segrid::rpc

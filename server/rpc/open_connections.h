// Which connections are open, though gRPC closes them and does not tell.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace segrid::rpc {

struct ConnectionLimits {
  std::int32_t max = 2'500;
  // Of one peer: an IPv4 address, an IPv6 /64 network. Unix sockets have none.
  std::int32_t max_per_peer = 1'500;
};

// The number of the socket that a descriptor stands for; 0 for one that is
// closed or no socket.
ino_t SocketOf(int descriptor);

// The bytes of what counts as one peer; "" for a Unix socket.
std::string PeerOf(int descriptor);

// Ends a connection of another's: both ends see a reset, and what was received
// and not read is dropped. After shutdown(), a peer could go on sending, and
// the owner would go on reading for as long as more comes.
void Abort(int descriptor);

// Remembers descriptors with the sockets they stand for: a descriptor that is
// closed, or stands for another socket now, was a connection that has ended.
//
// Thread safety: none. Blocking: never.
class OpenConnections {
 public:
  explicit OpenConnections(const ConnectionLimits& limits) : limits_(limits) {}

  // Remembers a connected socket, and which one it was accepted from. False,
  // and nothing is remembered, when that would be one too many.
  [[nodiscard]] bool Add(int descriptor, int listener = -1);

  // Those that were accepted from `listener`.
  std::vector<int> Of(int listener) const;

  // Forgets those that have ended.
  void Sweep();

  std::int64_t count() const {
    return static_cast<std::int64_t>(connections_.size());
  }

 private:
  struct Connection {
    ino_t socket;
    std::string peer;
    int listener;
  };
  using Connections = std::unordered_map<int, Connection>;

  bool HasRoom(const std::string& peer) const;
  Connections::iterator Forget(Connections::iterator connection);

  const ConnectionLimits limits_;
  Connections connections_;   // By descriptor.
  std::int64_t refused_ = 0;  // Since the last sweep.
  std::unordered_map<std::string, std::int32_t> per_peer_;
};

}  // namespace segrid::rpc

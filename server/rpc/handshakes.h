// Which TLS connections still shake hands, though gRPC does not tell.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>

#include "absl/time/time.h"

namespace segrid::rpc {

struct HandshakeLimits {
  std::int32_t max = 256;
  std::int32_t max_per_peer = 32;
  // gRPC closes a connection whose handshake takes longer.
  absl::Duration time_out = absl::Seconds(4);
};

// A handshake takes some 100 KB before the client has proven anything, so only
// so many may be under way; for one more, the oldest is ended.
//
// The kernel's counts tell when one is done: the server has sent its
// certificate, then more came from the client, and the server has sent more in
// return. A client that stops in the middle never gets there, because a server
// says nothing between its certificate and the client's last flight. A
// connection that is older than the time-out is done as well, because gRPC
// would have closed it.
//
// Thread safety: none. Blocking: never.
class Handshakes {
 public:
  explicit Handshakes(const HandshakeLimits& limits) : limits_(limits) {}

  // One more, at `now` on any steady clock. Ends the oldest, of the same
  // peer or of all, when that is one too many; true if it did.
  bool Add(int descriptor, const std::string& peer, absl::Duration now);

  // Forgets those that are done or have ended.
  void Look(absl::Duration now);

  std::int64_t count() const {
    return static_cast<std::int64_t>(connections_.size());
  }

 private:
  struct Connection {
    int descriptor;
    ino_t socket;
    std::string peer;
    absl::Duration began;
    // When the certificate had been sent; zero before.
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
  };
  using Connections = std::list<Connection>;

  static bool IsDone(Connection& connection);
  void EndOldest(const std::string* peer);
  Connections::iterator Forget(Connections::iterator connection);

  const HandshakeLimits limits_;
  Connections connections_;  // Oldest first.
  std::unordered_map<std::string, std::int32_t> per_peer_;
};

}  // namespace segrid::rpc

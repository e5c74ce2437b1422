// Ends connections that flood the HTTP/2 of a listener, because gRPC does not.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/time/time.h"
#include "server/rpc/connection_loads.h"

namespace segrid::rpc {

struct FloodLimits {
  // That a connection may have open; gRPC itself enforces it only for clients
  // that acknowledge its settings.
  std::int32_t max_streams = 1'000;
  // Streams that may end without an answer: at once, and per second after that.
  std::int64_t max_failures = 3'000;
  double failures_per_second = 300;
  // Bytes that may come while the server says nothing, and besides for each
  // open stream: a header block that never ends has no flow control, whereas
  // messages come in windows that the server grants, of one message at most.
  // More than the kernel keeps of a connection (net.ipv4.tcp_rmem, 6 MiB),
  // because what gRPC has not read yet may be the messages of streams that it
  // does not know.
  std::int64_t max_silent_bytes = 8 << 20;
  std::int64_t max_message_bytes = 4 << 20;
};

// Looks at the connections that receive much, and asks gRPC's channelz what
// became of it. A connection that has more streams open than it may, whose
// streams end unanswered all the time, or that sends without end, is
// ended: each of these takes gRPC some 10 KB per 100 bytes that are sent.
//
// Unix sockets are not looked at: channelz does not tell them apart, and their
// peers are known.
//
// Thread safety: none. Blocking: never.
class FloodWatch {
 public:
  explicit FloodWatch(const FloodLimits& limits) : limits_(limits) {}

  // A connected TCP socket that was accepted.
  void Add(int descriptor);

  // How long to wait for the next look.
  absl::Duration interval() const;

  // Looks, when it is time by the steady clock. Returns how many connections it
  // ended.
  int Look(absl::Duration now);

 private:
  struct Connection {
    ino_t socket;
    std::string name;  // As channelz has it.
    std::uint64_t received = 0;
    std::uint64_t asked = 0;         // What had been received when it was busy.
    std::uint64_t acknowledged = 0;  // Of what the server sent.
    // When that grew for the last time.
    std::uint64_t received_then = 0;
    ConnectionLoad load{};
    double failures = 0;  // That count still.
    absl::Duration looked{};
  };

  // Takes in the kernel's counts. nullopt when the connection has ended; true
  // if much came since it was last found busy.
  std::optional<bool> IsBusy(int descriptor, Connection& connection);
  // Takes in the counts of all; those that are busy.
  std::vector<int> FindBusy();
  int EndFloods(absl::Duration now, const std::vector<int>& busy);
  bool IsFlood(Connection& connection, const ConnectionLoad& load,
               absl::Duration now) const;

  const FloodLimits limits_;
  ConnectionLoads loads_;
  std::unordered_map<int, Connection> connections_;  // By descriptor.
  absl::Duration looked_{};
  absl::Duration look_took_{};
  absl::Duration active_since_{};  // When something came in.
};

}  // namespace segrid::rpc

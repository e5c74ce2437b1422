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
#include "server/rpc/taken_bytes.h"

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
  // Bytes of all connections that gRPC may hold and no call has taken.
  std::int64_t max_untaken_bytes = 128 << 20;
};

// Looks at the connections that receive much, and asks gRPC's channelz what
// became of it. A connection that has more streams open than it may, whose
// streams end unanswered all the time, or that sends without end, is
// ended: each of these takes gRPC some 10 KB per 100 bytes that are sent.
//
// Where gRPC holds more than it may of messages that no call has taken, the
// connection with the most is ended, if that is several messages and no call
// took any of them for a second: its client reads no responses, or sends
// messages in part. It is ended at once where it alone holds more, or all hold
// twice as much.
//
// Unix sockets are not looked at: channelz does not tell them apart, and their
// peers are known.
//
// Thread safety: none. Blocking: never.
class FloodWatch {
 public:
  // `taken` must outlive it; null: untaken bytes are not counted.
  FloodWatch(const FloodLimits& limits, TakenBytes* taken)
      : limits_(limits), taken_(taken) {}
  ~FloodWatch();
  FloodWatch(const FloodWatch&) = delete;
  FloodWatch& operator=(const FloodWatch&) = delete;

  // A connected TCP socket that was accepted. Call before gRPC has it.
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
    TakenBytes::Count taken{};  // Null: not counted, like the next.
    // At the last look: what gRPC had read, and what calls had taken of it.
    std::int64_t read_before = 0;
    std::int64_t taken_before = 0;
    std::int64_t untaken = 0;  // At most so many of them no call has taken.
    absl::Duration took{};     // When a call last took some.
  };
  using Connections = std::unordered_map<int, Connection>;

  // Takes in the kernel's counts. nullopt when the connection has ended; true
  // if much came since it was last found busy.
  std::optional<bool> IsBusy(int descriptor, Connection& connection);
  // Takes in the counts of all; those that are busy.
  std::vector<int> FindBusy();
  int EndFloods(absl::Duration now, const std::vector<int>& busy);
  // Takes in what gRPC read and calls took since the last look. `answered`
  // streams ended meanwhile.
  void CountUntaken(int descriptor, Connection& connection,
                    std::int64_t answered, absl::Duration now) const;
  int EndFullest(absl::Duration now);
  Connections::iterator Forget(Connections::iterator connection);
  bool IsFlood(Connection& connection, const ConnectionLoad& load,
               absl::Duration now) const;

  const FloodLimits limits_;
  ConnectionLoads loads_;
  TakenBytes* const taken_;
  Connections connections_;  // By descriptor.
  absl::Duration looked_{};
  absl::Duration look_took_{};
  absl::Duration active_since_{};  // When something came in.
};

}  // namespace segrid::rpc

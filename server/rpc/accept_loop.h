// Accepts the connections of the gRPC door. gRPC's own listener dies for good
// when the process is once out of descriptors, and has no bounds.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "server/http/listen_socket.h"
#include "server/rpc/flood_watch.h"
#include "server/rpc/handshakes.h"
#include "server/rpc/open_connections.h"

namespace segrid::rpc {

// What an accept loop has seen. Thread safety: any thread.
struct AcceptCounts {
  std::atomic<std::int64_t> open{0};  // A second old at most.
  std::atomic<std::int64_t> accepted{0};
  // Over a bound, or by a peer who may not connect: closed at once.
  std::atomic<std::int64_t> refused{0};
  // Ended because more connections wanted to shake hands than may.
  std::atomic<std::int64_t> handshakes_ended{0};
  std::atomic<std::int64_t> floods_ended{0};  // See FloodWatch.
  std::atomic<std::int64_t> failures{0};      // Mostly: no descriptors.
};

// A thread that accepts, and hands each connection over.
//
// Ownership:     owns the sockets and its thread; a descriptor belongs to
//                whoever it is handed to; `counts` outlive it.
// Thread safety: one owner; `hand_over` runs in the loop's thread.
// Blocking:      the destructor waits for a `hand_over` that runs.
class AcceptLoop {
 public:
  // Gets a connected, non-blocking descriptor and the one it came from. False,
  // and the connection is closed by the loop, when it may not be served.
  using HandOver = std::function<bool(int listener, int connection)>;

  struct Options {
    ConnectionLimits connections{};
    // Of connections that are no Unix sockets; none without TLS.
    std::optional<HandshakeLimits> handshakes{};
    FloodLimits floods{};
  };

  AcceptLoop(std::vector<httpd::ListenSocket> sockets, const Options& options,
             HandOver hand_over, AcceptCounts& counts);
  // Accepts no more; closes the sockets.
  ~AcceptLoop();
  AcceptLoop(const AcceptLoop&) = delete;
  AcceptLoop& operator=(const AcceptLoop&) = delete;

 private:
  void Run();
  // False when the socket cannot be read on now: for want of descriptors.
  bool AcceptAll(int listener);
  void Take(int listener, int connection);
  // How long to wait for the next connection.
  int WaitMilliseconds(bool in_want) const;

  const std::vector<httpd::ListenSocket> sockets_;
  const HandOver hand_over_;
  const int ended_;              // eventfd
  OpenConnections connections_;  // The loop's thread only, like the next.
  std::optional<Handshakes> handshakes_;
  FloodWatch floods_;
  AcceptCounts& counts_;
  std::thread thread_;
};

}  // namespace segrid::rpc

// Accepts the connections of the gRPC door. gRPC's own listener dies for good
// when the process is once out of descriptors, and has no bounds.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "server/http/listen_socket.h"
#include "server/rpc/open_connections.h"

namespace segrid::rpc {

// What an accept loop has seen. Thread safety: any thread.
struct AcceptCounts {
  std::atomic<std::int64_t> open{0};  // A second old at most.
  std::atomic<std::int64_t> accepted{0};
  std::atomic<std::int64_t> refused{0};   // Over a bound: closed at once.
  std::atomic<std::int64_t> failures{0};  // Mostly: no descriptors.
};

// A thread that accepts, and hands each connection over.
//
// Ownership:     owns the sockets and its thread; a descriptor belongs to
//                whoever it is handed to; `counts` outlive it.
// Thread safety: one owner; `hand_over` runs in the loop's thread.
// Blocking:      the destructor waits for a `hand_over` that runs.
class AcceptLoop {
 public:
  // Gets a connected, non-blocking descriptor and the one it came from.
  using HandOver = std::function<void(int listener, int connection)>;

  AcceptLoop(std::vector<httpd::ListenSocket> sockets,
             const ConnectionLimits& limits, HandOver hand_over,
             AcceptCounts& counts);
  // Accepts no more; closes the sockets.
  ~AcceptLoop();
  AcceptLoop(const AcceptLoop&) = delete;
  AcceptLoop& operator=(const AcceptLoop&) = delete;

 private:
  void Run();
  // False when the socket cannot be read on now: for want of descriptors.
  bool AcceptAll(int listener);
  void Take(int listener, int connection);

  const std::vector<httpd::ListenSocket> sockets_;
  const HandOver hand_over_;
  const int ended_;              // eventfd
  OpenConnections connections_;  // The loop's thread only.
  AcceptCounts& counts_;
  std::thread thread_;
};

}  // namespace segrid::rpc

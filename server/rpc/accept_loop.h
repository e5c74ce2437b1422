// Accepts the connections of the gRPC listener. The one of gRPC itself dies
// permanently when the process is once out of descriptors, and has no bounds.

#pragma once

#include <poll.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "server/http/listen_socket.h"
#include "server/rpc/first_bytes.h"
#include "server/rpc/flood_watch.h"
#include "server/rpc/handshakes.h"
#include "server/rpc/leaving_connections.h"
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
//                whoever it is handed to; `counts` and `taken` outlive it.
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
    // Told of each client that speaks TLS to this listener, which has none. In
    // the loop's thread; empty: nobody looks.
    std::function<void()> on_tls_client{};
  };

  AcceptLoop(std::vector<httpd::ListenSocket> sockets, const Options& options,
             HandOver hand_over, AcceptCounts& counts, TakenBytes* taken);
  // Accepts no more; closes the sockets.
  ~AcceptLoop();
  AcceptLoop(const AcceptLoop&) = delete;
  AcceptLoop& operator=(const AcceptLoop&) = delete;

  // Closes the sockets at these places of the constructor's list. Connections
  // that came through them end when they have no calls, at the latest after
  // `grace`; those of an earlier Close that are left end at once. Blocks until
  // the sockets are closed.
  void Close(std::vector<std::size_t> places, absl::Duration grace);

 private:
  struct Closing {
    std::vector<std::size_t> places;
    absl::Duration grace;
    absl::Notification done;
  };

  void Run();
  // Does what Close() asks.
  void CloseSockets();
  // The loop polls these: its own events, then the sockets.
  std::vector<pollfd> Files() const;
  void WakeUp() const;
  // False when the socket cannot be read on now: for want of descriptors.
  bool AcceptAll(int listener);
  void Take(int listener, int connection);
  // Closes those that were not served yet.
  void CloseWaiting();
  // Gives it to whoever serves it.
  void Serve(const FirstBytes::Connection& connection);
  // How long to wait for the next connection.
  int WaitMilliseconds(bool in_want) const;

  const HandOver hand_over_;
  const std::function<void()> on_tls_client_;
  const int events_;  // eventfd: closing_ or ended_ has changed.
  absl::Mutex mu_;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  std::shared_ptr<Closing> closing_ ABSL_GUARDED_BY(mu_);
  // The loop's thread only, like the next. None: closed.
  std::vector<std::optional<httpd::ListenSocket>> sockets_;
  OpenConnections connections_;
  LeavingConnections leaving_;
  std::optional<Handshakes> handshakes_;
  FirstBytes first_bytes_;
  FloodWatch floods_;
  AcceptCounts& counts_;
  std::thread thread_;
};

}  // namespace segrid::rpc

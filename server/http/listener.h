// An HTTP/1.1 listener: addresses, routes, limits.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "boost/asio/any_io_executor.hpp"
#include "core/base/clock.h"
#include "server/http/acceptor.h"
#include "server/http/listener_state.h"
#include "server/http/options.h"
#include "server/http/router.h"

namespace segrid::httpd {

// Where a listener runs. Both must outlive it; the threads of `io` must have
// stopped, or the listener drained, before what its routes use goes.
struct Environment {
  boost::asio::any_io_executor io;
  base::Clock& clock;
  // Hears of each request that is refused. In the threads of `io`; may be
  // empty; must not block for long.
  std::function<void(const Answer& answer)> on_refused{};
  // Hears of each TLS handshake that fails, and of TLS where there is none.
  // As the one before.
  std::function<void(tls::HandshakeFailure failure)> on_handshake{};
};

// Serves from Start to Drain.
//
// Ownership:     owns its sockets; connections may live on in `io` until their
//                tasks are gone.
// Thread safety: any thread. Routes run in the threads of `io`, concurrently.
// Blocking:      Drain, as it says.
class Listener {
 public:
  // Binds all addresses and starts to serve; with TLS if `tls` is set.
  // At most half of the descriptors that the process may have are used,
  // whatever `max_connections` says.
  //
  // UNAVAILABLE, CANNOT_LISTEN: see ListenSocket.
  static absl::StatusOr<std::unique_ptr<Listener>> Start(
      Options options, Router router, Environment environment,
      TlsContext tls = nullptr);

  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Where it listens, with the ports that were chosen for port 0. Closed
  // addresses are left out.
  std::vector<std::string> addresses() const;
  // The port of the first address that is no Unix socket; 0 without one.
  int port() const;

  // The context of connections that come from now on; there was one before.
  // Those that are open and that it would not let in end, as soon as what they
  // have asked is answered. True if it shows another certificate.
  bool ReplaceTls(TlsContext context);

  // The routes of requests from now on.
  void ReplaceRoutes(Router router);

  // Stops listening on the addresses of the options that `listen` lacks.
  // Connections that came through them end as soon as what they have asked is
  // answered. Blocks until the sockets are closed, no longer than `deadline`.
  // Not in a thread of `io`.
  void KeepAddresses(const std::vector<std::string>& listen,
                     absl::Time deadline);

  // Closes the listening sockets and idle connections, waits for answers on
  // their way, and cuts what is left at `deadline`. True when nothing was left.
  // Call once, not in a thread of `io`.
  bool Drain(absl::Time deadline);

  const Options& options() const { return state_->options; }
  const Counts& counts() const { return state_->counts; }
  // Of bodies being read or worked on.
  std::int64_t bytes_in_flight() const {
    return state_->bytes_in_flight.used_bytes();
  }

 private:
  class Sweeper;
  using Acceptors = std::vector<std::shared_ptr<Acceptor>>;

  explicit Listener(std::shared_ptr<ListenerState> state);
  static void StopAccepting(const Acceptors& acceptors, absl::Time deadline);
  Acceptors acceptors() const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return acceptors_;
  }

  const std::shared_ptr<ListenerState> state_;
  mutable absl::Mutex mu_;
  Acceptors acceptors_ ABSL_GUARDED_BY(mu_);  // Those that are open.
  std::shared_ptr<Sweeper> sweeper_;
};

}  // namespace segrid::httpd

// What the connections of a listener share.

#pragma once

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/base/clock.h"
#include "core/tls/handshake_failure.h"
#include "server/budget/byte_budget.h"
#include "server/http/body_room.h"
#include "server/http/counts.h"
#include "server/http/message.h"
#include "server/http/networks.h"
#include "server/http/options.h"
#include "server/http/router.h"
#include "server/http/slots.h"
#include "server/http/tls.h"

namespace segrid::httpd {

// A value that is replaced while others use the one of before.
// Thread safety: any thread.
template <class Value>
class Current {
 public:
  explicit Current(Value value) : value_(std::move(value)) {}
  Value Get() const {
    absl::MutexLock lock(&mu_);
    return value_;
  }
  void Set(Value value) {
    absl::MutexLock lock(&mu_);
    value_ = std::move(value);
  }

 private:
  mutable absl::Mutex mu_;
  Value value_ ABSL_GUARDED_BY(mu_);
};

// Held by the listener and by each connection: a connection may outlive the
// listener for a moment. Thread safety: any thread.
struct ListenerState {
  // Whom it tells of what it turns away; both may be empty.
  struct Hearers {
    std::function<void(const Answer&)> on_refused;
    std::function<void(tls::HandshakeFailure)> on_handshake;
  };

  ListenerState(Options o, Router r, base::Clock& c, TlsContext t,
                Hearers hearers)
      : options(std::move(o)),
        router(std::make_shared<const Router>(std::move(r))),
        clock(c),
        tls(std::move(t)),
        on_refused(std::move(hearers.on_refused)),
        on_handshake(std::move(hearers.on_handshake)),
        proxies(options.trusted_proxies) {}

  // What a connection from `address` counts for.
  Peer PeerAt(const sockaddr_storage& address) const {
    const bool is_proxy = proxies.Contains(address);
    return {.name = PeerOf(address),
            .has_share = !is_proxy && !IsLoopback(address),
            .is_proxy = is_proxy};
  }

  const Options options;
  // Requests that begin from now on get this one.
  Current<std::shared_ptr<const Router>> router;
  base::Clock& clock;
  Current<TlsContext> tls;  // That new connections get.
  const std::function<void(const Answer&)> on_refused;
  const std::function<void(tls::HandshakeFailure)> on_handshake;
  const Networks proxies;
  Counts counts;
  Slots slots{options};

  // Of bodies being read or worked on.
  budget::ByteBudget bytes_in_flight{options.max_bytes_in_flight,
                                     options.shared_budget};
  BodyRoom body_room{options, bytes_in_flight};
};

}  // namespace segrid::httpd

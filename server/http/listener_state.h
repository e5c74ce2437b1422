// What the connections of a listener share.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "boost/asio/ssl/context.hpp"
#include "core/base/clock.h"
#include "server/http/counts.h"
#include "server/http/options.h"
#include "server/http/router.h"
#include "server/http/slots.h"

namespace segrid::httpd {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

// Held by the listener and by each connection: a connection may outlive the
// listener for a moment. Thread safety: any thread.
struct ListenerState {
  ListenerState(Options o, Router r, base::Clock& c)
      : options(std::move(o)), router(std::move(r)), clock(c) {}

  const Options options;
  const Router router;
  base::Clock& clock;
  Counts counts;
  Slots slots{options, counts};

  // Takes `bytes` of the budget of bytes in flight; false when they do not fit.
  bool Reserve(std::int64_t bytes) {
    const std::int64_t before =
        counts.bytes_in_flight.fetch_add(bytes, std::memory_order_relaxed);
    if (before + bytes <= options.max_bytes_in_flight) return true;
    Release(bytes);
    return false;
  }
  void Release(std::int64_t bytes) {
    counts.bytes_in_flight.fetch_sub(bytes, std::memory_order_relaxed);
  }
};

}  // namespace segrid::httpd

// What the connections of a listener share.

#pragma once

#include <memory>
#include <mutex>

#include "boost/asio/ssl/context.hpp"
#include "core/base/clock.h"
#include "server/budget/byte_budget.h"
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

  // Of bodies being read or worked on.
  budget::ByteBudget bytes_in_flight{options.max_bytes_in_flight,
                                     options.shared_budget};
};

}  // namespace segrid::httpd

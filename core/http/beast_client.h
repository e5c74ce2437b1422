// The client over Boost.Beast.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "boost/asio/any_io_executor.hpp"
#include "boost/asio/ssl/context.hpp"
#include "core/base/clock.h"
#include "core/http/client.h"
#include "core/http/connection.h"
#include "core/http/endpoint.h"

namespace segrid::http {

struct ClientOptions {
  Endpoint endpoint{};
  // Needed when the endpoint is TLS; see tls::MakeClientContext().
  std::shared_ptr<boost::asio::ssl::context> tls{};
  std::optional<Endpoint> proxy{};       // For TLS endpoints: see ParseProxy().
  base::Secret proxy_auth{};             // user:password. Empty: none.
  std::shared_ptr<Resolver> resolver{};  // Null: MakeSystemResolver().
  absl::Duration connect_timeout = absl::Seconds(5);   // Name, TCP and TLS.
  absl::Duration request_timeout = absl::Seconds(15);  // Connecting included.
  // Kept connections are closed after this long without a request.
  absl::Duration idle_timeout = absl::Seconds(45);
  // No request begins on an older connection, so that a name is resolved again
  // at least this often.
  absl::Duration max_connection_age = absl::Minutes(50);
  std::int32_t max_concurrent_requests = 100;
  // Whether an answer of this status closes its connection and those that wait,
  // as a failure does. Null: none.
  bool (*ends_connection)(int status) = nullptr;
  ReadLimits limits{};
};

// Keeps connections alive and uses the last used first. A failure closes those
// that wait, since they lead to the same place: the next request resolves the
// name again, and begins with the next of its addresses when it was connecting
// that failed.
//
// Ownership:     keeps a reference to the clock. Requests in flight go on when
//                it is destroyed.
// Thread safety, blocking, errors: as Client.
class BeastClient final : public Client {
 public:
  BeastClient(ClientOptions options, boost::asio::any_io_executor io,
              base::Clock& clock);
  ~BeastClient() override;
  BeastClient(const BeastClient&) = delete;
  BeastClient& operator=(const BeastClient&) = delete;

  void Send(Request request, Done done) override;

 private:
  class State;
  class Exchange;
  const std::shared_ptr<State> state_;
};

}  // namespace segrid::http

// Webhook posts over HTTP: threads, clients and lanes.

#pragma once

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/load/run.h"
#include "bench/load/transport.h"
#include "boost/asio/ssl/context.hpp"
#include "core/crypto/webhook_signer.h"
#include "core/http/endpoint.h"

namespace segrid::bench {

// Where posts go, and what they need on their way.
struct HttpTarget {
  http::Endpoint endpoint;
  std::shared_ptr<boost::asio::ssl::context> tls;  // Null: plain.
  std::optional<crypto::WebhookSigner> signer;
  std::int32_t connections = 1;
  absl::Duration connect_timeout;
  absl::Duration timeout;
};

// Reads keys and certificates, and looks whether somebody listens there.
// INVALID_ARGUMENT for files that cannot be read, UNAVAILABLE when nobody does.
absl::StatusOr<HttpTarget> OpenHttp(const RunOptions& options);

// Connections open when they are needed, and are kept.
std::unique_ptr<Transport> MakeHttpTransport(const HttpTarget& target,
                                             const TransportOptions& options);

// Reads `http://host[:port][/path]`, or https, into address (with its port),
// path and tls of a target. INVALID_ARGUMENT says what is wrong.
absl::StatusOr<Target> ParseWebhookUrl(const std::string& url);

}  // namespace segrid::bench

// The limits of an HTTP listener.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/config/config.h"
#include "server/budget/byte_budget.h"

namespace segrid::httpd {

// Each number bounds what an untrusted peer can make the process do.
struct Options {
  std::string name = "http";          // For logs and metrics.
  std::vector<std::string> listen{};  // host:port, [ipv6]:port, unix:/path.
  config::UnixFile unix_file{};       // Of its Unix sockets.

  // Connections in all and of one peer (an IPv4 address, an IPv6 /64 network).
  // When there are as many, the one that has waited longest for a request is
  // closed to make room; when none waits, the new one is refused.
  std::int32_t max_connections = 2'500;
  std::int32_t max_connections_per_peer = 1'500;
  // Of them, those that shake hands for TLS: with one more, the oldest has to
  // go, because a handshake takes memory and time before it shows anything.
  std::int32_t max_handshakes = 256;
  std::int32_t max_handshakes_per_peer = 32;

  // Proxies in front; see Peer. `proxy_protocol`: their connections begin with
  // a PROXY protocol header.
  std::vector<std::string> trusted_proxies{};
  bool proxy_protocol = false;

  std::int32_t max_header_bytes = 16 << 10;  // With the request line.
  std::int32_t max_headers = 64;

  // Bytes of bodies that are read or processed, all connections together, and
  // the budget that this listener shares with others; null: none.
  std::int64_t max_bytes_in_flight = 256 << 20;
  std::shared_ptr<budget::ByteBudget> shared_budget{};
  // For room among them, before the answer is 429. A peer that is told at once
  // retries at once: refusing all of them took most of the time that the
  // good requests needed.
  absl::Duration room_timeout = absl::Milliseconds(200);

  // For the first head, TLS handshake included; for a later one from its first
  // byte.
  absl::Duration header_timeout = absl::Seconds(5);
  absl::Duration body_timeout = absl::Seconds(30);  // For the whole body.
  // What a body must bring in each span of the grace, in bytes per second; 0:
  // anything.
  std::int64_t min_body_rate = 1 << 10;
  absl::Duration min_body_rate_grace = absl::Seconds(5);
  absl::Duration answer_timeout = absl::Seconds(30);  // To write the answer.
  absl::Duration idle_timeout = absl::Seconds(75);    // Between requests.
  // For a route's answer. After it the answer is 503, and the peer retries; the
  // work that was started may still be done.
  absl::Duration work_timeout = absl::Seconds(10);
  absl::Duration max_connection_age = absl::Hours(1);
};

}  // namespace segrid::httpd

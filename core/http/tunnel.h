// A way through a proxy.

#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "boost/asio/ip/tcp.hpp"
#include "core/base/secret.h"

namespace segrid::http {

// Interim responses (1xx) that are skipped before the final one.
inline constexpr int kMaxInterimResponses = 8;

// The error of a tunnel that cannot be trusted, because its first bytes would
// be taken for the target's.
inline constexpr char kBytesBehindConnect[] =
    "it sent bytes behind its answer to CONNECT";

struct Tunnel {
  std::string target{};  // host:port, where it shall end.
  base::Secret auth{};   // user:password for the proxy. Empty: none.
};

// Asks the proxy at the other end of `socket` for a tunnel (HTTP CONNECT) and
// runs `done` once. With OK, `socket` leads to the target. `done` keeps the
// socket alive. UNAVAILABLE/CONNECT_FAILED: the proxy says no, or nothing that
// is HTTP; its answer is not repeated.
void OpenTunnel(boost::asio::ip::tcp::socket& socket, const Tunnel& tunnel,
                std::function<void(absl::Status)> done);

}  // namespace segrid::http

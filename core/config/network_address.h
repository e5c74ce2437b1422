// The addresses that `listen` and `endpoint` may have.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace segrid::config {

// The checks return what is wrong and what would be right, or "".

// `host:port`, `[ipv6]:port` (port 0 = any free one) or `unix:/path`.
std::string CheckListen(const std::string& address);

// An https (or http: see IsPlainHttp) URL `scheme://host[:port][/path]`
// without user, query and fragment.
std::string CheckEndpoint(const std::string& url);

// The same, with a query behind it or not.
std::string CheckEndpointWithQuery(const std::string& url);

// A proxy that understands CONNECT: `http://host:port`, nothing else.
std::string CheckProxy(const std::string& url);

// An address or a network: `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`.
std::string CheckNetwork(const std::string& network);

// Says what is wrong with an endpoint that passed its check, for a receiver
// that speaks Segment's batch API: a path of another call, or a host of
// Segment's that takes no events.
std::string CheckBatchEndpoint(const std::string& url);

// The value of `proxy` that also turns the environment's off.
inline constexpr std::string_view kNoProxy = "none";

// True if only this machine can reach a `listen` address or an `endpoint` that
// passed its check: a Unix socket, `localhost`, 127.0.0.0/8, ::1.
bool IsLocal(std::string_view address_or_url);

// True for an endpoint that starts with `http://`.
bool IsPlainHttp(std::string_view url);

}  // namespace segrid::config

// Where to send: a URL, checked and taken apart.

#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace segrid::http {

// A base URL. A value.
struct Endpoint {
  bool tls = true;
  std::string host{};  // As written, without the brackets of IPv6.
  std::string port{};  // Decimal.
  std::string path{};  // Empty, or starts with '/' and does not end with one.

  // The host, with the brackets of IPv6.
  std::string bracketed_host() const;
  // For people and the Host header: without a port that goes without saying.
  std::string authority() const;
  std::string url() const;
  // True for localhost, 127.0.0.0/8 and ::1; other names are not looked up.
  bool is_loopback() const;
};

// Reads `https://host[:port][/path]`; plain `http`, too, when `allow_http`.
// INVALID_ARGUMENT/BAD_ENDPOINT: anything else, also credentials, a query or a
// fragment. The message does not repeat the URL, which may hold a secret.
absl::StatusOr<Endpoint> ParseEndpoint(std::string_view url, bool allow_http);

// Reads a proxy's `http://host:port`. INVALID_ARGUMENT/BAD_PROXY: anything
// else; the message does not repeat it.
absl::StatusOr<Endpoint> ParseProxy(std::string_view url);

// True for IP addresses of IPv4 and IPv6.
bool IsIpAddress(std::string_view host);

}  // namespace segrid::http

#include "core/http/endpoint.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "boost/asio/ip/address.hpp"
#include "core/base/absl_view.h"
#include "core/base/error_info.h"
#include "core/base/localhost.h"
#include "core/base/status_macros.h"

namespace segrid::http {
namespace {

constexpr std::size_t kMaxUrlBytes = 2'048;

absl::Status Bad(absl::string_view what) {
  return base::MakeError(
      absl::StatusCode::kInvalidArgument, "BAD_ENDPOINT",
      absl::StrCat("the endpoint ", what,
                   "; it must be like https://host[:port][/path]"));
}

bool IsHostCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
         c == '.' || c == '_';
}

// Takes `host` or `[v6]` from the front of `rest`.
absl::StatusOr<std::string> TakeHost(absl::string_view& rest) {
  if (absl::ConsumePrefix(&rest, "[")) {
    const auto end = rest.find(']');
    const std::string host(rest.substr(0, end));
    boost::system::error_code error;
    boost::asio::ip::make_address_v6(host, error);
    if (end == absl::string_view::npos || error) {
      return Bad("has a bad IPv6 address");
    }
    rest.remove_prefix(end + 1);
    return host;
  }
  std::size_t end = 0;
  while (end < rest.size() && IsHostCharacter(rest[end])) ++end;
  if (end == 0 || end > 253) return Bad("has no host, or a bad one");
  const std::string host = absl::AsciiStrToLower(rest.substr(0, end));
  rest.remove_prefix(end);
  return host;
}

absl::StatusOr<std::string> TakePort(absl::string_view& rest, bool tls) {
  if (!absl::ConsumePrefix(&rest, ":")) return tls ? "443" : "80";
  const absl::string_view digits = rest.substr(0, rest.find('/'));
  std::uint32_t port = 0;
  if (digits.empty() ||
      !absl::ascii_isdigit(static_cast<unsigned char>(digits.front())) ||
      !absl::SimpleAtoi(digits, &port) || port == 0 || port > 65'535) {
    return Bad("has a bad port");
  }
  rest.remove_prefix(digits.size());
  return absl::StrCat(port);
}

absl::Status CheckPath(absl::string_view path) {
  if (!path.empty() && path.front() != '/') {
    return Bad("has characters that no host may have");
  }
  for (const char c : path) {
    if (c == '?' || c == '#') return Bad("has a query or a fragment");
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) {
      return Bad("has spaces or bytes that a URL must escape");
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool IsIpAddress(std::string_view host) {
  boost::system::error_code error;
  boost::asio::ip::make_address(std::string(host), error);
  return !error;
}

std::string Endpoint::bracketed_host() const {
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? absl::StrCat("[", host, "]") : host;
}

std::string Endpoint::authority() const {
  const bool usual = port == (tls ? "443" : "80");
  return usual ? bracketed_host() : absl::StrCat(bracketed_host(), ":", port);
}

bool Endpoint::is_loopback() const {
  if (base::IsLocalhost(host)) return true;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  return !error && address.is_loopback();
}

std::string Endpoint::url() const {
  return absl::StrCat(tls ? "https://" : "http://", authority(), path);
}

absl::StatusOr<Endpoint> ParseEndpoint(std::string_view url, bool allow_http) {
  absl::string_view rest = base::Absl(url);
  if (rest.size() > kMaxUrlBytes) return Bad("is too long");
  Endpoint endpoint;
  if (absl::ConsumePrefix(&rest, "http://")) {
    endpoint.tls = false;
  } else if (!absl::ConsumePrefix(&rest, "https://")) {
    return Bad("does not start with https://");
  }
  const absl::string_view before_path = rest.substr(0, rest.find('/'));
  if (before_path.find('@') != absl::string_view::npos) {
    return Bad("has credentials, which belong into write_key");
  }
  SEGRID_ASSIGN_OR_RETURN(endpoint.host, TakeHost(rest));
  SEGRID_ASSIGN_OR_RETURN(endpoint.port, TakePort(rest, endpoint.tls));
  SEGRID_RETURN_IF_ERROR(CheckPath(rest));
  while (absl::ConsumeSuffix(&rest, "/")) {
  }
  endpoint.path = std::string(rest);
  if (!endpoint.tls && !allow_http) {
    return Bad("is plain http, which needs allow_http: true");
  }
  return endpoint;
}

absl::StatusOr<Endpoint> ParseProxy(std::string_view url) {
  absl::string_view rest = base::Absl(url);
  Endpoint proxy{.tls = false};
  const auto take = [&]() -> absl::Status {
    if (rest.size() > kMaxUrlBytes || !absl::ConsumePrefix(&rest, "http://")) {
      return Bad("");
    }
    SEGRID_ASSIGN_OR_RETURN(proxy.host, TakeHost(rest));
    SEGRID_ASSIGN_OR_RETURN(proxy.port, TakePort(rest, proxy.tls));
    return rest.empty() ? absl::OkStatus() : Bad("");
  };
  if (take().ok()) return proxy;
  return base::MakeError(absl::StatusCode::kInvalidArgument, "BAD_PROXY",
                         "the proxy must be like http://host:port, and a user "
                         "belongs into proxy_auth");
}

}  // namespace segrid::http

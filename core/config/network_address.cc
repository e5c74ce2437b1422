#include "core/config/network_address.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/config/text.h"

namespace segrid::config {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";
constexpr std::size_t kMaxHostLength = 253;
constexpr std::size_t kMaxUrlLength = 2048;
constexpr std::string_view kListenHelp =
    "write host:port, [ipv6]:port or unix:/path, e.g. 127.0.0.1:50051";
constexpr std::string_view kEndpointHelp =
    "write https://host[:port][/path], e.g. https://api.segment.io";
constexpr std::string_view kNetworkHelp =
    "write an address or a network, e.g. 10.0.0.0/8 or 2001:db8::/32";
constexpr std::string_view kProxyHelp =
    "write http://host:port, e.g. http://proxy.internal:3128";

struct HostPort {
  std::string_view host;  // Without brackets.
  std::string_view port;
  bool has_port = false;
  bool bracketed = false;
};

// Splits `host`, `host:port`, `[ipv6]` or `[ipv6]:port`.
std::optional<HostPort> Split(std::string_view text) {
  HostPort out;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    out.bracketed = true;
    out.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    out.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (rest.empty()) return out;
  if (rest.front() != ':') return std::nullopt;
  out.has_port = true;
  out.port = rest.substr(1);
  return out;
}

bool IsPort(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  std::uint32_t port = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return port <= 65'535;
}

bool IsIpv6(std::string_view host) {
  in6_addr address;
  return inet_pton(AF_INET6, std::string(host).c_str(), &address) == 1;
}

bool IsIpv4(std::string_view host) {
  in_addr address;
  return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
}

bool IsHost(const HostPort& address) {
  const std::string_view host = address.host;
  if (address.bracketed) return IsIpv6(host);
  if (host.empty() || host.size() > kMaxHostLength) return false;
  const bool numeric = host.find_first_not_of("0123456789.") == host.npos;
  if (numeric) return IsIpv4(host);
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

bool IsLoopbackHost(const HostPort& address) {
  if (address.host == "localhost") return true;
  if (address.bracketed) {
    in6_addr ip;
    return inet_pton(AF_INET6, std::string(address.host).c_str(), &ip) == 1 &&
           IN6_IS_ADDR_LOOPBACK(&ip);
  }
  return IsIpv4(address.host) && address.host.starts_with("127.");
}

std::string Wrong(std::string_view what, std::string_view help) {
  return Concat({what, "; ", help});
}

std::string CheckUnix(std::string_view path) {
  // One byte of the field is for the terminating zero.
  constexpr std::size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty()) return Wrong("names no socket", kListenHelp);
  if (path.size() > kMaxPath) {
    return Concat({"is a path of over ", std::to_string(kMaxPath),
                   " bytes, the system's limit for sockets; choose a shorter "
                   "one"});
  }
  return "";
}

// The part of a URL between the scheme and the path.
std::string_view Authority(std::string_view url) {
  url.remove_prefix(url.starts_with(kHttps) ? kHttps.size() : kHttp.size());
  return url.substr(0, url.find_first_of("/?#"));
}

// Hosts of Segment's that look right.
struct WrongHost {
  std::string_view host;
  std::string_view what;
  std::string_view right;
};
constexpr std::string_view kUs = "https://api.segment.io, or region: us";
constexpr std::string_view kEu =
    "https://events.eu1.segmentapis.com, or region: eu";
constexpr std::array<WrongHost, 8> kWrongHosts = {{
    {"api.segmentapis.com", "Segment's Public API", kUs},
    {"eu1.api.segmentapis.com", "Segment's Public API", kEu},
    {"platform.segmentapis.com", "Segment's Config API", kUs},
    {"profiles.segment.com", "Segment's Profile API", kUs},
    {"app.segment.com", "Segment's web pages", kUs},
    {"cdn.segment.com", "Segment's settings", kUs},
    {"oauth2.segment.io", "Segment's tokens", kUs},
    {"oauth2.eu1.segmentapis.com", "Segment's tokens", kEu},
}};

// The other calls of Segment's tracking API.
constexpr std::array<std::string_view, 7> kOtherCalls = {
    "track", "identify", "page", "screen", "group", "alias", "import"};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

std::string CheckListen(const std::string& address) {
  if (address.starts_with(kUnix)) {
    return CheckUnix(std::string_view(address).substr(kUnix.size()));
  }
  const std::optional<HostPort> parts = Split(address);
  if (!parts.has_value()) return Wrong("is no address", kListenHelp);
  if (!parts->has_port) return Wrong("has no port", kListenHelp);
  if (parts->host.empty()) return Wrong("has no host", kListenHelp);
  if (!IsPort(parts->port)) {
    return Wrong("has no port from 0 to 65535", kListenHelp);
  }
  if (!IsHost(*parts)) return Wrong("has a bad host", kListenHelp);
  return "";
}

std::string CheckNetwork(const std::string& network) {
  const std::size_t slash = std::min(network.find('/'), network.size());
  const std::string address = network.substr(0, slash);
  const bool is_v6 = IsIpv6(address);
  if (!is_v6 && !IsIpv4(address)) return Wrong("is no address", kNetworkHelp);
  if (slash == network.size()) return "";
  const std::string bits = network.substr(slash + 1);
  const bool is_number = IsPort(bits) && bits.size() <= 3;
  if (!is_number || std::stoi(bits) > (is_v6 ? 128 : 32)) {
    return Wrong("has no number of bits behind the '/'", kNetworkHelp);
  }
  return "";
}

std::string CheckEndpoint(const std::string& url) {
  if (url.size() > kMaxUrlLength) return Wrong("is too long", kEndpointHelp);
  if (!url.starts_with(kHttps) && !url.starts_with(kHttp)) {
    return Wrong("is no https URL", kEndpointHelp);
  }
  if (url.find_first_of("?#") != url.npos) {
    return Wrong("has a query or fragment", kEndpointHelp);
  }
  const auto is_bad = [](char c) { return c <= ' ' || c >= 0x7F || c == '\\'; };
  if (std::any_of(url.begin(), url.end(), is_bad)) {
    return Wrong("has a character that no URL has", kEndpointHelp);
  }
  const std::string_view authority = Authority(url);
  if (authority.find('@') != authority.npos) {
    return Wrong("holds a user or password, which belong in 'write_key'",
                 kEndpointHelp);
  }
  const std::optional<HostPort> parts = Split(authority);
  if (!parts.has_value() || !IsHost(*parts)) {
    return Wrong("has a bad host", kEndpointHelp);
  }
  if (parts->has_port && (!IsPort(parts->port) || parts->port == "0")) {
    return Wrong("has no port from 1 to 65535", kEndpointHelp);
  }
  return "";
}

std::string CheckEndpointWithQuery(const std::string& url) {
  const std::size_t begin = std::min(url.find('?'), url.size());
  const auto is_bad = [](char c) {
    return c <= ' ' || c >= 0x7F || c == '\\' || c == '#' || c == '"';
  };
  if (std::any_of(url.begin() + static_cast<std::ptrdiff_t>(begin), url.end(),
                  is_bad)) {
    return Wrong("has a character in its query that a URL must escape",
                 kEndpointHelp);
  }
  if (url.size() > kMaxUrlLength) return Wrong("is too long", kEndpointHelp);
  if (url.ends_with("?***")) {
    return "has the mask of a query, not the query; write the whole URL";
  }
  return CheckEndpoint(url.substr(0, begin));
}

std::string CheckBatchEndpoint(const std::string& url) {
  const std::string_view authority = Authority(url);
  const std::string host = Lower(Split(authority)->host);
  for (const WrongHost& wrong : kWrongHosts) {
    if (host == wrong.host) {
      return Concat({"is the address of ", wrong.what,
                     ", which takes no events; write ", wrong.right});
    }
  }
  const std::size_t path_begin =
      static_cast<std::size_t>(authority.data() - url.data()) +
      authority.size();
  std::string_view path = std::string_view(url).substr(path_begin);
  const std::string lower = Lower(path);
  std::string_view rest = lower;
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t slash = rest.rfind('/');
  if (slash == rest.npos) return "";
  const std::string_view last = rest.substr(slash + 1);
  // `/v1/batch` is the whole of it, and taken.
  const bool is_batch = last == "batch" && rest.size() != path.size();
  const bool is_call = std::find(kOtherCalls.begin(), kOtherCalls.end(),
                                 last) != kOtherCalls.end();
  if (is_batch) {
    return Concat({"has a slash behind its path; write ",
                   std::string_view(url).substr(0, path_begin + rest.size())});
  }
  if (!is_call) return "";
  std::string_view base = path.substr(0, slash);
  if (Lower(base).ends_with("/v1")) base.remove_suffix(3);
  return Concat({"names a single call, and events go in batches; write ",
                 std::string_view(url).substr(0, path_begin), base,
                 ", to which /v1/batch is added"});
}

std::string CheckProxy(const std::string& url) {
  if (url.size() > kMaxUrlLength) return Wrong("is too long", kProxyHelp);
  if (!url.starts_with(kHttp)) return Wrong("is no http URL", kProxyHelp);
  if (url.find('@') != url.npos) {
    return Wrong("holds a user or password, which belong in 'proxy_auth'",
                 kProxyHelp);
  }
  const std::optional<HostPort> parts =
      Split(std::string_view(url).substr(kHttp.size()));
  if (!parts.has_value() || !IsHost(*parts)) {
    return Wrong("has a bad host", kProxyHelp);
  }
  if (!IsPort(parts->port) || parts->port == "0") {
    return Wrong("has no port from 1 to 65535", kProxyHelp);
  }
  return "";
}

bool IsPlainHttp(std::string_view url) { return url.starts_with(kHttp); }

bool IsLocal(std::string_view address_or_url) {
  if (address_or_url.starts_with(kUnix)) return true;
  const bool is_url =
      address_or_url.starts_with(kHttp) || address_or_url.starts_with(kHttps);
  const std::optional<HostPort> parts =
      Split(is_url ? Authority(address_or_url) : address_or_url);
  return parts.has_value() && IsLoopbackHost(*parts);
}

}  // namespace segrid::config

#include "core/http/proxy_choice.h"

#include <array>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "boost/asio/ip/address.hpp"
#include "boost/asio/ip/network_v4.hpp"
#include "boost/asio/ip/network_v6.hpp"
#include "core/base/absl_view.h"
#include "core/base/error_info.h"
#include "core/base/percent.h"
#include "core/base/status_macros.h"

namespace segrid::http {
namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> AddressOf(absl::string_view text) {
  boost::system::error_code error;
  const auto address = ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  return address;
}

// True when `address` lies in `network`, such as 192.0.2.0/24.
bool IsWithin(const ip::address& address, const std::string& network) {
  boost::system::error_code error;
  if (address.is_v4()) {
    const auto net = ip::make_network_v4(network, error);
    if (error) return false;
    return ip::make_network_v4(address.to_v4(), net.prefix_length())
               .canonical() == net.canonical();
  }
  const auto net = ip::make_network_v6(network, error);
  if (error) return false;
  return ip::make_network_v6(address.to_v6(), net.prefix_length())
             .canonical() == net.canonical();
}

// `host:port` or `[v6]:port` taken apart; the port is empty without one.
std::pair<absl::string_view, absl::string_view> SplitPort(
    absl::string_view entry) {
  if (absl::StartsWith(entry, "[")) {
    const std::size_t end = entry.find(']');
    if (end == entry.npos) return {entry, ""};
    absl::string_view port = entry.substr(end + 1);
    absl::ConsumePrefix(&port, ":");
    return {entry.substr(1, end - 1), port};
  }
  const std::size_t colon = entry.find(':');
  // Several colons are those of an IPv6 address.
  if (colon == entry.npos || entry.rfind(':') != colon) return {entry, ""};
  return {entry.substr(0, colon), entry.substr(colon + 1)};
}

bool Names(absl::string_view entry, const Endpoint& to) {
  if (entry == "*") return true;
  const auto [pattern, port] = SplitPort(entry);
  if (!port.empty() && port != to.port) return false;
  absl::string_view host = to.host;
  absl::ConsumeSuffix(&host, ".");
  const std::optional<ip::address> address = AddressOf(host);
  if (address.has_value()) {
    const std::optional<ip::address> same = AddressOf(pattern);
    return same.has_value() ? *same == *address
                            : IsWithin(*address, std::string(pattern));
  }
  absl::string_view name = pattern;
  if (!absl::ConsumePrefix(&name, "*.")) absl::ConsumePrefix(&name, ".");
  absl::ConsumeSuffix(&name, ".");
  if (name.empty()) return false;
  return absl::EqualsIgnoreCase(host, name) ||
         absl::EndsWithIgnoreCase(host, absl::StrCat(".", name));
}

// The first of two spellings that is set, and its name.
std::pair<std::string, std::string> Look(const Variables& variable,
                                         std::array<const char*, 2> names) {
  for (const char* name : names) {
    const std::optional<std::string> value = variable(name);
    if (value.has_value() && !value->empty()) return {name, *value};
  }
  return {};
}

absl::StatusOr<ChosenProxy> ReadVariable(const std::string& name,
                                         const std::string& value) {
  const absl::Status bad = base::MakeError(
      absl::StatusCode::kInvalidArgument, "BAD_PROXY",
      absl::StrCat("the environment's ", name,
                   " is no proxy that can be used; it must be like "
                   "http://[user:password@]host:port, or set 'proxy', where "
                   "'none' is for none"));
  absl::string_view rest = value;
  if (rest.find("://") == rest.npos) {
    // As it is often written.
  } else if (!absl::ConsumePrefix(&rest, "http://")) {
    return bad;
  }
  ChosenProxy chosen{.variable = name};
  const std::size_t at = rest.rfind('@');
  if (at != rest.npos) {
    const std::optional<std::string> auth =
        base::PercentDecoded(std::string(rest.substr(0, at)));
    if (!auth.has_value() || auth->empty()) return bad;
    chosen.auth = base::Secret(*auth);
    rest.remove_prefix(at + 1);
  }
  absl::ConsumeSuffix(&rest, "/");
  absl::StatusOr<Endpoint> proxy = ParseProxy(absl::StrCat("http://", rest));
  if (!proxy.ok()) return bad;
  chosen.proxy = *std::move(proxy);
  return chosen;
}

}  // namespace

absl::StatusOr<ChosenProxy> ChooseProxy(const Endpoint& to,
                                        const ProxyOptions& options) {
  if (options.proxy == "none") return ChosenProxy();
  if (!options.proxy.empty()) {
    SEGRID_ASSIGN_OR_RETURN(Endpoint proxy, ParseProxy(options.proxy));
    return ChosenProxy{.proxy = std::move(proxy), .auth = options.proxy_auth};
  }
  if (!to.tls || options.variable == nullptr) return ChosenProxy();
  const auto [name, value] =
      Look(options.variable, {"HTTPS_PROXY", "https_proxy"});
  if (value.empty()) return ChosenProxy();
  if (IsExempt(to, Look(options.variable, {"NO_PROXY", "no_proxy"}).second)) {
    return ChosenProxy();
  }
  return ReadVariable(name, value);
}

bool IsExempt(const Endpoint& to, std::string_view no_proxy) {
  for (const absl::string_view entry :
       absl::StrSplit(base::Absl(no_proxy), absl::ByAnyChar(", \t\r\n"),
                      absl::SkipEmpty())) {
    if (Names(entry, to)) return true;
  }
  return false;
}

}  // namespace segrid::http

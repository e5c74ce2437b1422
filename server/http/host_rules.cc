#include "server/http/host_rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "core/base/absl_view.h"

namespace segrid::httpd {
namespace {

bool IsAddress(int family, std::string_view text) {
  in6_addr address;
  return ::inet_pton(family, std::string(text).c_str(), &address) == 1;
}

bool IsPort(std::string_view text) {
  return text.empty() ||
         (text[0] == ':' && text.size() <= 6 &&
          text.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

// `host`, `host:port` or `[ipv6]:port` without the port; "" of what is none.
std::string_view NameOf(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos || !IsPort(host.substr(end + 1))) {
      return "";
    }
    const std::string_view address = host.substr(1, end - 1);
    return IsAddress(AF_INET6, address) ? address : "";
  }
  const std::size_t colon = std::min(host.find(':'), host.size());
  return IsPort(host.substr(colon)) ? host.substr(0, colon) : "";
}

bool IsLoopbackName(std::string_view name) {
  return absl::EqualsIgnoreCase(base::Absl(name), "localhost") ||
         absl::EndsWithIgnoreCase(base::Absl(name), ".localhost");
}

constexpr std::array<std::string_view, 4> kForeign = {
    "Origin", "X-Forwarded-For", "Forwarded", "Via"};
constexpr std::string_view kFetchSite = "Sec-Fetch-Site";

}  // namespace

bool IsKnownHost(const Request& request,
                 const std::vector<std::string>& allowed_hosts) {
  if (!HasHeader(request, "Host")) return true;
  std::string_view name = NameOf(HeaderOf(request, "Host").value_or(""));
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty()) return false;
  return IsLoopbackName(name) || IsAddress(AF_INET, name) ||
         IsAddress(AF_INET6, name) ||
         std::any_of(allowed_hosts.begin(), allowed_hosts.end(),
                     [name](const auto& allowed) {
                       return absl::EqualsIgnoreCase(allowed, base::Absl(name));
                     });
}

std::string ForeignHeaderOf(const Request& request) {
  for (const std::string_view name : kForeign) {
    if (HasHeader(request, name)) return std::string(name);
  }
  if (!HasHeader(request, kFetchSite)) return "";
  // Written twice, nobody knows which one counts.
  const std::string_view site =
      HeaderOf(request, kFetchSite).value_or("cross-site");
  const bool is_own = absl::EqualsIgnoreCase(base::Absl(site), "same-origin") ||
                      absl::EqualsIgnoreCase(base::Absl(site), "none");
  return is_own ? "" : std::string(kFetchSite);
}

Route ForKnownHosts(Route route, std::vector<std::string> allowed_hosts) {
  route.before_body = [before = std::move(route.before_body),
                       hosts = std::move(allowed_hosts)](
                          const Request& request) -> HeadVerdict {
    if (!IsKnownHost(request, hosts)) {
      return {.refusal = ErrorAnswer(
                  403, "UNKNOWN_HOST",
                  "the Host header is neither a loopback name, nor an address, "
                  "nor one of allowed_hosts")};
    }
    return before ? before(request) : HeadVerdict();
  };
  return route;
}

}  // namespace segrid::httpd

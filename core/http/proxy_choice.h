// Which proxy a request goes through: the configured one, or that of the
// process's environment.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/base/secret.h"
#include "core/http/endpoint.h"

namespace segrid::http {

// The value of an environment variable, or nullopt when it is not set.
using Variables =
    std::function<std::optional<std::string>(const std::string& name)>;

struct ProxyOptions {
  std::string proxy{};        // http://host:port, `none`, or empty.
  base::Secret proxy_auth{};  // user:password for it. Empty: none.
  Variables variable{};       // Null: there is no environment.
};

struct ChosenProxy {
  std::optional<Endpoint> proxy{};  // nullopt: straight there.
  base::Secret auth{};              // user:password. Empty: none.
  std::string variable{};  // It named the proxy. Empty: the options did.
};

// The way to `to`. Without `proxy`, a TLS endpoint goes through HTTPS_PROXY,
// else https_proxy (`http://[user:password@]host[:port][/]`, or without the
// scheme; user and password percent-encoded), unless NO_PROXY, else no_proxy,
// names it: see IsExempt().
// INVALID_ARGUMENT/BAD_PROXY: the proxy cannot be read. The message names the
// variable, and repeats nothing of its value.
absl::StatusOr<ChosenProxy> ChooseProxy(const Endpoint& to,
                                        const ProxyOptions& options);

// True when the list `no_proxy`, parted by commas or blanks, names `to`:
//   `*`                          any host
//   `example.com`, `.example.com`, `*.example.com`
//                                the host, and all whose names end so
//   `192.0.2.1`, `::1`, `[::1]`  the address
//   `192.0.2.0/24`, `fd00::/8`   the addresses in that network
// each of them also with `:port`, IPv6 then in brackets. Names are not looked
// up; letters in any case.
bool IsExempt(const Endpoint& to, std::string_view no_proxy);

}  // namespace segrid::http

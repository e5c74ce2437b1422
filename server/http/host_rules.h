// Which requests a web page or a proxy may have sent on.

#pragma once

#include <string>
#include <vector>

#include "server/http/message.h"
#include "server/http/router.h"

namespace segrid::httpd {

// Whether the Host header names this machine: a loopback name, an address, or
// one of `allowed_hosts`. Else it may be another site's name that was made to
// point here, so that its pages may read what we say (DNS rebinding). A request
// of HTTP/1.0 without Host is fine: no browser sends that.
//
// Thread safety: a function without state. Blocking: never.
bool IsKnownHost(const Request& request,
                 const std::vector<std::string>& allowed_hosts);

// The header by which a request shows that a web page of another site made it,
// or that a proxy passed it on; "" when it has none. Thread safety and blocking
// as above.
std::string ForeignHeaderOf(const Request& request);

// Refuses requests to `route` for other hosts, before the body is read.
Route ForKnownHosts(Route route, std::vector<std::string> allowed_hosts);

}  // namespace segrid::httpd

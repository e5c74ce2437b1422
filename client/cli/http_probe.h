// Asks a server's probe over HTTP, as an image's health check does.

#pragma once

#include <string>

#include "absl/time/time.h"
#include "client/result.h"

namespace segrid::cli {

// The status of the answer to a GET of `url`, `http://host[:port][/path]`; the
// path is /readyz where there is none. Only plain HTTP: probes are for the same
// host. Blocks for at most `timeout`.
//
// kInvalidArgument, BAD_OPTION:    `url` has another form.
// kUnavailable,     NOT_CONNECTED: nobody answers in time, or not in HTTP.
Result<int> ProbeHttp(const std::string& url, absl::Duration timeout);

}  // namespace segrid::cli

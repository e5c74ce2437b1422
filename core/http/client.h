// Requests to one endpoint.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/http/body.h"

namespace segrid::http {

// Host, Content-Length and Connection are the client's affair. No text but the
// body has line ends.
struct Request {
  std::string method = "POST";
  std::string target{};  // Path, as it goes into the first line.
  std::vector<std::pair<std::string, std::string>> headers{};
  Body body{};
};

struct Response {
  int status = 0;                                              // 200 to 599.
  std::vector<std::pair<std::string, std::string>> headers{};  // As received.
  std::string body{};  // Its beginning: the client bounds what is kept.

  // The value of the first header `name`, in any case of letters.
  std::optional<std::string_view> Header(std::string_view name) const;
};

// Sends requests. Redirects are answers like any other.
//
// Ownership:     moves from the request; see Body.
// Thread safety: any thread, several at a time.
// Blocking:      never; `done` runs exactly once, later, in a thread of the
//                pool, unless the pool was stopped.
// Errors:        UNAVAILABLE/CONNECT_FAILED:    no connection; the text says
//                                               why (name, TCP, TLS).
//                UNAVAILABLE/CONNECTION_LOST:   it broke before the whole
//                                               answer was read.
//                UNAVAILABLE/BAD_RESPONSE:      not HTTP, or over a limit.
//                DEADLINE_EXCEEDED/TIMEOUT:     connecting or the whole request
//                                               took too long.
//                RESOURCE_EXHAUSTED/TOO_MANY_REQUESTS: over the limit of
//                                               concurrent requests.
class Client {
 public:
  using Done = std::function<void(absl::StatusOr<Response>)>;

  virtual ~Client() = default;
  virtual void Send(Request request, Done done) = 0;
};

}  // namespace segrid::http

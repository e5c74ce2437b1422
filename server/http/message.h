// A request as routes see it, and their answer.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "boost/beast/http/fields.hpp"

namespace segrid::httpd {

// Views stay valid until the request is answered.
struct Request {
  std::string_view method{};  // As sent: upper case.
  std::string_view path{};    // As sent, without the query: "/v1/webhook".
  std::string_view query{};   // Without the '?'.
  const boost::beast::http::fields* headers = nullptr;
  // The bytes as sent, in their content encoding. Empty before the body.
  std::string_view body{};
};

// The value of the header `name` (any case), or nullopt when the request has
// none, or has several: then nobody can say which one counts.
std::optional<std::string_view> HeaderOf(const Request& request,
                                         std::string_view name);

// The values of all headers `name`, in their order and joined by commas, as
// headers that are lists mean it; "" without any.
std::string ListHeaderOf(const Request& request, std::string_view name);

// True if the request has the header at all.
bool HasHeader(const Request& request, std::string_view name);

// The log is told this of an answer that refuses a request.
struct Refused {
  std::string reason{};   // As in the body. Empty: nothing is refused.
  std::string webhook{};  // Whose request it was.
  std::string detail{};   // What else is known; no contents.
};

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
  // Besides those that every answer has. No control characters.
  std::vector<std::pair<std::string, std::string>> headers{};
  bool close = false;  // Ends the connection after this answer.
  Refused refusal{};
};

// Runs exactly once, inline or later, in any thread.
using Respond = std::function<void(Answer)>;

// `{"error":"REASON","message":"…"}`. `message` is a constant text.
Answer ErrorAnswer(int status, std::string_view reason,
                   std::string_view message);

// The same with Retry-After.
Answer RetryAnswer(int status, std::string_view reason,
                   std::string_view message, std::int64_t retry_after_seconds);

// The words that go with a status: "Not Found".
std::string_view WordsOf(int status);

}  // namespace segrid::httpd

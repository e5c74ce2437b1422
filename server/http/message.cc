#include "server/http/message.h"

#include "boost/beast/core/string.hpp"
#include "boost/beast/http/status.hpp"

namespace segrid::httpd {
namespace {

boost::beast::string_view Beast(std::string_view text) {
  return {text.data(), text.size()};
}

// Messages are ours, but a quote in one must not break the JSON.
void AppendJsonText(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  out.push_back('"');
}

}  // namespace

std::optional<std::string_view> HeaderOf(const Request& request,
                                         std::string_view name) {
  const auto [first, last] = request.headers->equal_range(Beast(name));
  if (first == last || std::next(first) != last) return std::nullopt;
  return std::string_view(first->value().data(), first->value().size());
}

std::string ListHeaderOf(const Request& request, std::string_view name) {
  std::string values;
  const auto [first, last] = request.headers->equal_range(Beast(name));
  for (auto it = first; it != last; ++it) {
    values.append(it == first ? "" : ",")
        .append(it->value().data(), it->value().size());
  }
  return values;
}

bool HasHeader(const Request& request, std::string_view name) {
  return request.headers->find(Beast(name)) != request.headers->end();
}

Answer ErrorAnswer(int status, std::string_view reason,
                   std::string_view message) {
  Answer answer;
  answer.status = status;
  answer.body = "{\"error\":";
  AppendJsonText(answer.body, reason);
  answer.body.append(",\"message\":");
  AppendJsonText(answer.body, message);
  answer.body.append("}\n");
  answer.refusal.reason = reason;
  return answer;
}

Answer RetryAnswer(int status, std::string_view reason,
                   std::string_view message, std::int64_t retry_after_seconds) {
  Answer answer = ErrorAnswer(status, reason, message);
  answer.headers.emplace_back("Retry-After",
                              std::to_string(retry_after_seconds));
  return answer;
}

std::string_view WordsOf(int status) {
  namespace http = boost::beast::http;
  const auto words =
      http::obsolete_reason(http::int_to_status(static_cast<unsigned>(status)));
  return {words.data(), words.size()};
}

}  // namespace segrid::httpd

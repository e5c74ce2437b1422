#include "server/http/request_head.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "boost/beast/core/string.hpp"

namespace segrid::httpd {
namespace {

namespace http = boost::beast::http;

std::string_view View(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// What of a target names something here: a proxy asks for all of the URL.
std::string_view OriginForm(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  constexpr std::string_view kTlsScheme = "https://";
  std::size_t host = std::string_view::npos;
  for (const std::string_view scheme : {kScheme, kTlsScheme}) {
    if (boost::beast::iequals(
            {target.data(), std::min(target.size(), scheme.size())},
            {scheme.data(), scheme.size()})) {
      host = scheme.size();
    }
  }
  if (host == std::string_view::npos) return target;
  const std::size_t path = target.find_first_of("/?", host);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

// Whether the body comes in chunks and nothing more is done to it, or as it is.
bool IsKnownCoding(const http::fields& headers) {
  const auto [begin, end] = headers.equal_range(http::field::transfer_encoding);
  return begin == end || (std::next(begin) == end &&
                          boost::beast::iequals(begin->value(), "chunked"));
}

Answer NoSuchPath() {
  return ErrorAnswer(404, "NOT_FOUND", "there is nothing at this path");
}

Answer WrongMethod(std::string methods) {
  Answer answer = ErrorAnswer(405, "METHOD_NOT_ALLOWED",
                              "this path does not take this method");
  answer.headers.emplace_back("Allow", std::move(methods));
  return answer;
}

// True if the first line ends as one of HTTP does, in whatever version.
bool NamesAVersion(std::string_view head) {
  constexpr std::string_view kEnd = " HTTP/d.d";
  const std::string_view line = head.substr(0, head.find("\r\n"));
  if (line.size() < kEnd.size()) return false;
  const std::string_view end = line.substr(line.size() - kEnd.size());
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return end.starts_with(" HTTP/") && is_digit(end[6]) && end[7] == '.' &&
         is_digit(end[8]);
}

// What is wrong with how the request is written; then nobody can say for sure
// where it ends.
std::optional<Answer> CheckForm(const HeadParser& parser,
                                const Options& options, std::size_t headers) {
  const auto& head = parser.get();
  if (headers > static_cast<std::size_t>(options.max_headers)) {
    return ErrorAnswer(431, "TOO_MANY_HEADERS",
                       "the request has too many headers");
  }
  if (head.version() != 11 && head.version() != 10) {
    return ErrorAnswer(505, "HTTP_VERSION", "only HTTP/1.1 is spoken here");
  }
  const auto hosts = head.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && head.version() == 11)) {
    return ErrorAnswer(400, "BAD_HOST", "the request needs one Host header");
  }
  if (!IsKnownCoding(head)) {
    return ErrorAnswer(501, "TRANSFER_CODING",
                       "chunked is the only transfer coding");
  }
  return std::nullopt;
}

// What the route has against it.
std::optional<Answer> CheckRoute(const HeadParser& parser, const Router& router,
                                 RequestHead& head) {
  head.route = router.Find(head.request.method, head.request.path);
  if (head.route == nullptr) {
    std::string methods = router.AllowedMethods(head.request.path);
    return methods.empty() ? NoSuchPath() : WrongMethod(std::move(methods));
  }
  if (head.route->before_body) {
    HeadVerdict verdict = head.route->before_body(head.request);
    if (verdict.refusal) return std::move(verdict.refusal);
    head.is_authenticated = verdict.is_authenticated;
  }
  const auto length = parser.content_length();
  if (head.has_body && length &&
      *length > static_cast<std::uint64_t>(head.route->max_body_bytes)) {
    return BodyTooLarge();
  }
  return std::nullopt;
}

}  // namespace

RequestHead CheckHead(const HeadParser& parser, const Router& router,
                      const Options& options) {
  const auto& message = parser.get();
  RequestHead head;
  head.headers =
      static_cast<std::size_t>(std::distance(message.begin(), message.end()));
  head.has_body = !parser.is_done();
  head.is_head = message.method() == http::verb::head;
  head.refusal = CheckForm(parser, options, head.headers);
  head.framing_is_unclear = head.refusal.has_value();
  if (head.refusal) return head;
  const std::string_view target = OriginForm(View(message.target()));
  const std::size_t mark = std::min(target.find('?'), target.size());
  head.request.method = View(message.method_string());
  head.request.path = target.substr(0, mark);
  head.request.query = target.substr(std::min(mark + 1, target.size()));
  head.request.headers = &message;
  head.refusal = CheckRoute(parser, router, head);
  return head;
}

Answer HeadRefusal(const boost::system::error_code& error,
                   std::string_view bytes) {
  if (error == http::error::header_limit) {
    return ErrorAnswer(431, "HEADER_TOO_LARGE",
                       "the request's head is over the limit");
  }
  if (error == http::error::bad_version && NamesAVersion(bytes)) {
    return ErrorAnswer(505, "HTTP_VERSION", "only HTTP/1.1 is spoken here");
  }
  return ErrorAnswer(400, "BAD_REQUEST", "this is no HTTP/1.1 request");
}

Answer BodyTooLarge() {
  return ErrorAnswer(413, "BODY_TOO_LARGE", "the body is over the limit");
}

}  // namespace segrid::httpd

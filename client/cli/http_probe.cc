#include "client/cli/http_probe.h"

#include <boost/asio/ip/tcp.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "client/cli/console.h"

namespace segrid::cli {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kVersion = "HTTP/1.";
constexpr const char* kDefaultPath = "/readyz";

struct Target {
  std::string host{};  // Without the brackets of an IPv6 address.
  std::string port = "80";
  std::string path = kDefaultPath;
  std::string authority{};  // As it stands in the URL.
};

Error MakeError(ErrorCode code, std::string reason, std::string message) {
  Error error;
  error.code = code;
  error.reason = std::move(reason);
  error.message = std::move(message);
  return error;
}

Result<Target> Parse(const std::string& url) {
  const Error bad = MakeError(
      ErrorCode::kInvalidArgument, "BAD_OPTION",
      "--http wants http://host:port/path, e.g. http://127.0.0.1:8081/readyz");
  if (!url.starts_with(kScheme)) return bad;
  if (url.find_first_of(" \t\r\n@") != std::string::npos) return bad;
  Target target;
  target.authority = url.substr(kScheme.size());
  if (const std::size_t slash = target.authority.find('/');
      slash != std::string::npos) {
    target.path = target.authority.substr(slash);
    target.authority.erase(slash);
  }
  target.host = target.authority;
  const std::size_t bracket = target.host.rfind(']');
  const std::size_t colon = target.host.rfind(':');
  if (colon != std::string::npos &&
      (bracket == std::string::npos || colon > bracket)) {
    target.port = target.host.substr(colon + 1);
    target.host.erase(colon);
  }
  if (target.host.starts_with('[') && target.host.ends_with(']')) {
    target.host = target.host.substr(1, target.host.size() - 2);
  }
  int port = 0;
  if (target.host.empty() || !absl::SimpleAtoi(target.port, &port) ||
      port < 1 || port > 65'535) {
    return bad;
  }
  return target;
}

}  // namespace

Result<int> ProbeHttp(const std::string& url, absl::Duration timeout) {
  Result<Target> target = Parse(url);
  if (!target.ok()) return std::move(target).error();
  boost::asio::ip::tcp::iostream stream;
  stream.expires_after(absl::ToChronoNanoseconds(timeout));
  stream.connect(target->host, target->port);
  stream << "GET " << target->path << " HTTP/1.1\r\nHost: " << target->authority
         << "\r\nUser-Agent: segrid-healthcheck\r\nConnection: close\r\n\r\n"
         << std::flush;
  std::string line;
  std::getline(stream, line);
  int status = 0;
  // `HTTP/1.1 200 OK`
  if (stream && line.starts_with(kVersion) && line.size() >= 12 &&
      absl::SimpleAtoi(line.substr(9, 3), &status)) {
    return status;
  }
  const std::string why =
      stream.error() ? stream.error().message() : "the answer is not HTTP/1";
  return MakeError(ErrorCode::kUnavailable, "NOT_CONNECTED",
                   "no answer from " + Printable(url) + ": " + why);
}

}  // namespace segrid::cli

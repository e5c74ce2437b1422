#include "client/client_options.h"

#include <algorithm>
#include <string_view>

namespace segrid {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

Error BadOption(std::string_view field, std::string_view demand) {
  Error error;
  error.code = ErrorCode::kInvalidArgument;
  error.reason = "BAD_OPTION";
  error.message.append(field).append(" ").append(demand);
  error.field_violations.push_back({std::string(field), std::string(demand)});
  return error;
}

bool Within(nanoseconds value, nanoseconds low, nanoseconds high) {
  return low <= value && value <= high;
}

std::optional<Error> CheckRetry(const RetryOptions& retry) {
  if (retry.max_attempts < 1 || retry.max_attempts > 100) {
    return BadOption("retry.max_attempts", "must be 1 to 100");
  }
  if (!Within(retry.attempt_timeout, milliseconds(1), hours(24))) {
    return BadOption("retry.attempt_timeout", "must be 1 ms to 24 h");
  }
  if (!Within(retry.initial_backoff, milliseconds(1), hours(1))) {
    return BadOption("retry.initial_backoff", "must be 1 ms to 1 h");
  }
  if (!Within(retry.max_backoff, retry.initial_backoff, hours(1))) {
    return BadOption("retry.max_backoff", "must be initial_backoff to 1 h");
  }
  if (retry.budget < 1 || retry.budget > 1'000'000) {
    return BadOption("retry.budget", "must be 1 to 1,000,000");
  }
  return std::nullopt;
}

std::optional<Error> CheckSizes(const ClientOptions& options) {
  constexpr std::int64_t kLeast = 1 << 10;
  constexpr std::int64_t kMost = 1 << 30;
  if (options.max_response_bytes < kLeast ||
      options.max_response_bytes > kMost) {
    return BadOption("max_response_bytes", "must be 1 KiB to 1 GiB");
  }
  if (options.max_request_bytes < kLeast || options.max_request_bytes > kMost) {
    return BadOption("max_request_bytes", "must be 1 KiB to 1 GiB");
  }
  if (options.max_request_events < 1 ||
      options.max_request_events > 1'000'000) {
    return BadOption("max_request_events", "must be 1 to 1,000,000");
  }
  return std::nullopt;
}

bool IsOnThisMachine(std::string_view address) {
  for (const std::string_view start :
       {"unix:", "unix-abstract:", "localhost:", "[::1]:", "ipv6:[::1]:"}) {
    if (address.starts_with(start)) return true;
  }
  if (address.starts_with("ipv4:")) address.remove_prefix(5);
  // No list, and no name such as 127.example.com.
  return address.starts_with("127.") &&
         address.find_first_not_of("0123456789.:") == std::string_view::npos;
}

// What gRPC would take for something else: port 443 where none is given, port
// 34463 for 99999, a name where a URL or a list of names stands.
std::optional<Error> CheckAddress(const ClientOptions& options) {
  const std::string_view address = options.address;
  if (address.empty()) {
    return BadOption("address", "must be host:port or unix:path");
  }
  if (address.starts_with("unix")) return std::nullopt;
  if (address.starts_with("http://") || address.starts_with("https://")) {
    return BadOption("address", "is a URL; must be host:port or unix:path");
  }
  if (address.find(',') != std::string_view::npos &&
      !address.starts_with("ipv4:") && !address.starts_with("ipv6:") &&
      address.find_first_not_of("0123456789.:,") != std::string_view::npos) {
    return BadOption("address",
                     "has several names; several must be ipv4:port, or one "
                     "name that has several addresses");
  }
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos && !options.tls.has_value()) {
    return BadOption("address", "has no port; must be host:port or unix:path");
  }
  const std::string_view port =
      colon == std::string_view::npos ? "" : address.substr(colon + 1);
  const bool is_number =
      !port.empty() &&
      port.find_first_not_of("0123456789") == std::string_view::npos;
  constexpr std::size_t kDigits = 5;
  if (is_number &&
      (port.size() > kDigits || std::stoi(std::string(port)) > 65'535 ||
       std::stoi(std::string(port)) == 0)) {
    return BadOption("address", "must have a port of 1 to 65535");
  }
  return std::nullopt;
}

std::optional<Error> CheckToken(const ClientOptions& options) {
  if (options.token.empty()) return std::nullopt;
  const bool printable =
      std::all_of(options.token.begin(), options.token.end(),
                  [](char c) { return c > ' ' && c <= '~'; });
  if (!printable || options.token.size() > 4'096) {
    return BadOption("token",
                     "must be at most 4,096 printable ASCII characters");
  }
  if (!options.tls.has_value() && !IsOnThisMachine(options.address)) {
    return BadOption(
        "token", "needs tls: a token must not cross a network in the clear");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Error> ClientOptions::Validate() const {
  if (std::optional<Error> bad = CheckAddress(*this)) return bad;
  if (tls.has_value() && tls->cert_file.empty() != tls->key_file.empty()) {
    return BadOption(tls->cert_file.empty() ? "tls.cert_file" : "tls.key_file",
                     "is missing: a client certificate needs its key and the "
                     "key its certificate");
  }
  if (!Within(timeout, milliseconds(1), hours(24))) {
    return BadOption("timeout", "must be 1 ms to 24 h");
  }
  if (!Within(initial_reconnect_backoff, milliseconds(1), minutes(10))) {
    return BadOption("initial_reconnect_backoff", "must be 1 ms to 10 min");
  }
  if (!Within(max_reconnect_backoff, initial_reconnect_backoff, minutes(10))) {
    return BadOption("max_reconnect_backoff",
                     "must be initial_reconnect_backoff to 10 min");
  }
  if (!Within(keepalive_time, seconds(10), hours(24))) {
    return BadOption("keepalive_time", "must be 10 s to 24 h");
  }
  if (!Within(keepalive_timeout, milliseconds(100), hours(24))) {
    return BadOption("keepalive_timeout", "must be 100 ms to 24 h");
  }
  if (std::optional<Error> bad = CheckSizes(*this)) return bad;
  if (std::optional<Error> bad = CheckRetry(retry)) return bad;
  return CheckToken(*this);
}

}  // namespace segrid

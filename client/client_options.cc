#include "client/client_options.h"

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

}  // namespace

std::optional<Error> ClientOptions::Validate() const {
  if (address.empty()) {
    return BadOption("address", "must be host:port or unix:path");
  }
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
  if (max_response_bytes < (1 << 10) || max_response_bytes > (1 << 30)) {
    return BadOption("max_response_bytes", "must be 1 KiB to 1 GiB");
  }
  return std::nullopt;
}

}  // namespace segrid

#include "client/internal/call_failure.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace segrid::internal {
namespace {

Error BadOption(std::string_view field, std::string_view demand) {
  Error error;
  error.code = ErrorCode::kInvalidArgument;
  error.reason = "BAD_OPTION";
  error.message.append(field).append(" ").append(demand);
  error.field_violations.push_back({std::string(field), std::string(demand)});
  return error;
}

}  // namespace

std::optional<Error> CheckCallOptions(const CallOptions& options,
                                      std::size_t max_key_length) {
  if (options.timeout.has_value() &&
      (*options.timeout < std::chrono::milliseconds(1) ||
       *options.timeout > std::chrono::hours(24))) {
    return BadOption("timeout", "must be 1 ms to 24 h");
  }
  const std::string& key = options.idempotency_key;
  if (key.size() > max_key_length ||
      !std::all_of(key.begin(), key.end(),
                   [](char c) { return c >= ' ' && c <= '~'; })) {
    return BadOption("idempotency_key",
                     "must be 1 to 64 printable ASCII characters");
  }
  return std::nullopt;
}

Error Stopped() {
  Error error;
  error.code = ErrorCode::kCancelled;
  error.reason = "STOPPED";
  error.message = "the caller stopped the call";
  return error;
}

Error Forked() {
  Error error;
  error.code = ErrorCode::kFailedPrecondition;
  error.reason = "FORKED";
  error.message =
      "this process was forked after the client was made, and gRPC does not "
      "survive that; fork first, then connect in the child";
  return error;
}

Error WithAttempts(Error error, std::int32_t attempts) {
  if (attempts > 1) error.metadata["attempts"] = std::to_string(attempts);
  return error;
}

}  // namespace segrid::internal

#include "client/batching_options.h"

#include <string>
#include <string_view>

namespace segrid {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

Error BadOption(std::string_view field, std::string_view demand) {
  Error error;
  error.code = ErrorCode::kInvalidArgument;
  error.reason = "BAD_OPTION";
  error.message.append(field).append(" ").append(demand);
  error.field_violations.push_back({std::string(field), std::string(demand)});
  return error;
}

template <typename T>
bool Within(T value, T low, T high) {
  return low <= value && value <= high;
}

}  // namespace

std::optional<Error> BatchingOptions::Validate() const {
  if (!Within(max_batch_events, 1, 10'000)) {
    return BadOption("max_batch_events", "must be 1 to 10,000");
  }
  if (!Within<std::int64_t>(max_batch_bytes, 1 << 10, 4 << 20)) {
    return BadOption("max_batch_bytes", "must be 1 KiB to 4 MiB");
  }
  if (!Within<nanoseconds>(max_delay, milliseconds(1), hours(1))) {
    return BadOption("max_delay", "must be 1 ms to 1 h");
  }
  if (!Within(max_buffered_events, max_batch_events, 10'000'000)) {
    return BadOption("max_buffered_events",
                     "must be max_batch_events to 10,000,000");
  }
  if (!Within<std::int64_t>(max_buffered_bytes, max_batch_bytes, 1 << 30)) {
    return BadOption("max_buffered_bytes", "must be max_batch_bytes to 1 GiB");
  }
  if (!Within(max_in_flight, 1, 64)) {
    return BadOption("max_in_flight", "must be 1 to 64");
  }
  if (!Within<nanoseconds>(batch_timeout, milliseconds(1), hours(24))) {
    return BadOption("batch_timeout", "must be 1 ms to 24 h");
  }
  if (!Within<nanoseconds>(shutdown_timeout, nanoseconds(0), hours(1))) {
    return BadOption("shutdown_timeout", "must be 0 to 1 h");
  }
  return std::nullopt;
}

}  // namespace segrid

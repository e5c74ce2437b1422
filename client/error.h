// What went wrong with a call, in plain C++ types.

#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segrid {

// The canonical codes; the numbers are those of gRPC.
enum class ErrorCode : std::int32_t {
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// The code's name, such as `INVALID_ARGUMENT`. Static storage.
std::string_view Name(ErrorCode code);

// One wrong field of a request.
struct FieldViolation {
  std::string field;        // Its path, such as `events[3].email`.
  std::string description;  // What is wrong and what would be right.
};

// Why a call failed. Compare `code` and `reason` in programs, show ToString()
// to people. Never contains event data, keys or tokens.
//
// Thread safety: as a plain value.
struct Error {
  ErrorCode code = ErrorCode::kUnknown;

  // What was wrong, where, and what to do. One line; may change at any time.
  std::string message;

  // Stable, upper snake case, such as `QUEUE_FULL`; empty when the answer has
  // none. The client's own are:
  // - `BAD_OPTION`: an option is out of range or a file of it cannot be read.
  // - `NOT_CONNECTED`: there was no connection when the call ended.
  // - `STOPPED`: `CallOptions::stop` asked for it.
  // - `IMPOSSIBLE_ANSWER`: the answer's counts cannot be those of what was
  //   sent, so nobody knows what became of it.
  // - `FORKED`: the process was forked after the client was made.
  std::string reason;

  // The same call may succeed after this long. Unset: the server gave no hint.
  std::optional<std::chrono::nanoseconds> retry_delay;

  // In request order; empty when no field is to blame.
  std::vector<FieldViolation> field_violations;

  // Values that the message also shows, such as the limit that was exceeded.
  // The client adds `attempts` when it tried more than once, and
  // `answered_events` when it sent a batch in several calls: so many events at
  // its begin were done.
  std::map<std::string, std::string> metadata;

  // Position in the request of the first event that `field_violations` names,
  // 0-based; nullopt when none of them names an event.
  std::optional<std::int32_t> EventIndex() const;

  // `CODE (REASON): message`, one line.
  std::string ToString() const;
};

std::ostream& operator<<(std::ostream& out, const Error& error);

}  // namespace segrid

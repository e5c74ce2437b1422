// Machine-readable details of an absl::Status: the payloads are the serialized
// messages of `google.rpc` under their type URLs, so a server copies them into
// its answer as they are. See proto/segrid/rpc/v1/errors.proto.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace segrid::base {

inline constexpr std::string_view kErrorDomain = "segrid";
inline constexpr std::string_view kErrorInfoUrl =
    "type.googleapis.com/google.rpc.ErrorInfo";
inline constexpr std::string_view kBadRequestUrl =
    "type.googleapis.com/google.rpc.BadRequest";
inline constexpr std::string_view kRetryInfoUrl =
    "type.googleapis.com/google.rpc.RetryInfo";

// One wrong field of a request: its path (`events[3].email`) and what is wrong
// with it and what would be right.
struct FieldViolation {
  std::string field;
  std::string description;
};

// A status of `code` whose ErrorInfo has `reason` (UPPER_SNAKE_CASE, stable).
// `message` says what was wrong, where, and what to do; it never contains event
// data or secrets.
absl::Status MakeError(absl::StatusCode code, std::string_view reason,
                       std::string_view message);

// The same with INVALID_ARGUMENT and a BadRequest that names `field`.
absl::Status MakeFieldError(std::string_view reason, std::string_view field,
                            std::string_view message);

// Replaces the BadRequest of `status` by one with `violations`.
void SetFieldViolations(absl::Status& status,
                        const std::vector<FieldViolation>& violations);

// Says when the same call may succeed. `delay` is not negative.
void SetRetryDelay(absl::Status& status, absl::Duration delay);

// The reason of the ErrorInfo, or "" when there is none.
std::string ReasonOf(const absl::Status& status);

// The delay of the RetryInfo, or nullopt when there is none.
std::optional<absl::Duration> RetryDelayOf(const absl::Status& status);

}  // namespace segrid::base

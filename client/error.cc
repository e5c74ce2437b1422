#include "client/error.h"

#include <charconv>
#include <cstddef>
#include <ostream>

namespace segrid {

std::string_view Name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kCancelled:
      return "CANCELLED";
    case ErrorCode::kUnknown:
      return "UNKNOWN";
    case ErrorCode::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case ErrorCode::kDeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case ErrorCode::kNotFound:
      return "NOT_FOUND";
    case ErrorCode::kAlreadyExists:
      return "ALREADY_EXISTS";
    case ErrorCode::kPermissionDenied:
      return "PERMISSION_DENIED";
    case ErrorCode::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case ErrorCode::kFailedPrecondition:
      return "FAILED_PRECONDITION";
    case ErrorCode::kAborted:
      return "ABORTED";
    case ErrorCode::kOutOfRange:
      return "OUT_OF_RANGE";
    case ErrorCode::kUnimplemented:
      return "UNIMPLEMENTED";
    case ErrorCode::kInternal:
      return "INTERNAL";
    case ErrorCode::kUnavailable:
      return "UNAVAILABLE";
    case ErrorCode::kDataLoss:
      return "DATA_LOSS";
    case ErrorCode::kUnauthenticated:
      return "UNAUTHENTICATED";
  }
  return "UNKNOWN";
}

std::optional<std::int32_t> Error::EventIndex() const {
  constexpr std::string_view kPrefix = "events[";
  for (const FieldViolation& violation : field_violations) {
    const std::string_view field = violation.field;
    if (!field.starts_with(kPrefix)) continue;
    const char* const end = field.data() + field.size();
    std::int32_t index = 0;
    const auto [rest, failed] =
        std::from_chars(field.data() + kPrefix.size(), end, index);
    if (failed == std::errc() && rest != end && *rest == ']') return index;
  }
  return std::nullopt;
}

std::string Error::ToString() const {
  std::string text(Name(code));
  if (!reason.empty()) text.append(" (").append(reason).append(")");
  text.append(": ").append(message);
  return text;
}

std::ostream& operator<<(std::ostream& out, const Error& error) {
  return out << error.ToString();
}

}  // namespace segrid

// How a call ended: gRPC's codes and two of our own.

#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace segrid::bench {

// gRPC's codes stand at their own numbers.
inline constexpr std::array<std::string_view, 19> kCodeNames = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
    "BAD_ANSWER",  // OK by its status, but the counts do not add up.
    "NOT_SENT",    // Open loop: its time came, and it never could be sent.
};

inline constexpr std::size_t kCodeCount = kCodeNames.size();
inline constexpr std::size_t kOk = 0;
inline constexpr std::size_t kUnknown = 2;
inline constexpr std::size_t kDeadlineExceeded = 4;
inline constexpr std::size_t kUnavailable = 14;
inline constexpr std::size_t kBadAnswer = 17;
inline constexpr std::size_t kNotSent = 18;

// The place of a code that came over the wire; unknown ones count as UNKNOWN.
constexpr std::size_t CodeIndex(int code) {
  return code >= 0 && code <= 16 ? static_cast<std::size_t>(code) : kUnknown;
}

}  // namespace segrid::bench

// How a call ended: gRPC's codes, two of our own, and HTTP's.

#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace segrid::bench {

// gRPC's codes stand at their own numbers.
inline constexpr std::array<std::string_view, 33> kCodeNames = {
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
    // Answers over HTTP but 2xx, which are OK. No answer has gRPC's codes.
    "HTTP 400",
    "HTTP 401",
    "HTTP 403",
    "HTTP 404",
    "HTTP 405",
    "HTTP 408",
    "HTTP 413",
    "HTTP 415",
    "HTTP 429",
    "HTTP 500",
    "HTTP 502",
    "HTTP 503",
    "HTTP 504",
    "HTTP other",
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

// The place of an HTTP status.
constexpr std::size_t HttpCodeIndex(int status) {
  constexpr std::string_view kPrefix = "HTTP ";
  if (status >= 200 && status <= 299) return kOk;
  for (std::size_t i = kNotSent + 1; i + 1 < kCodeCount; ++i) {
    const std::string_view digits = kCodeNames[i].substr(kPrefix.size());
    const int named =
        (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
    if (named == status) return i;
  }
  return kCodeCount - 1;
}

}  // namespace segrid::bench

// What an HTTP answer asks for: the table of delivery.md, as a pure function.

#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/receivers/receiver.h"

namespace segrid::receivers::segment {

// No Retry-After makes a source wait longer than this.
inline constexpr absl::Duration kMaxRetryAfter = absl::Seconds(300);

// Bytes of an answer's body that dead letters show.
inline constexpr std::size_t kMaxShownBytes = 512;

// The first of them, without half a character at their end.
std::string_view ShownPart(std::string_view body);

// What counts of an answer.
struct Answer {
  int status = 0;
  std::optional<std::string_view> retry_after{};  // The header's value.
  std::string_view body{};
};

// The decision about an answer that came at `now`.
SendResult Decide(const Answer& answer, absl::Time now);

// The decision when there is no answer: network, TLS, time-out.
SendResult DecideFailure(const absl::Status& failure);

// The wait that a Retry-After asks for, seconds or an HTTP-date in any of its
// three forms, at most kMaxRetryAfter. nullopt when it cannot be read or the
// moment has passed: then there is nothing to wait for.
std::optional<absl::Duration> ParseRetryAfter(std::string_view value,
                                              absl::Time now);

}  // namespace segrid::receivers::segment

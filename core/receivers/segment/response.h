// Decides what an HTTP answer asks for: the table of delivery.md, as a pure
// function.

#pragma once

#include <cstddef>
#include <cstdint>
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

// The parts of an answer that count.
struct Answer {
  int status = 0;
  std::optional<std::string_view> retry_after{};  // The header's value.
  std::string_view content_type{};
  std::string_view body{};
};

// Whether a 2xx of type text/html that begins like a web page is the receiver's
// own answer, or speaks of a proxy or portal in its place.
enum class WebPages : std::uint8_t { kHoldTheSource, kAreTaken };

// The decision about an answer that came at `now`.
SendResult Decide(const Answer& answer, absl::Time now,
                  WebPages pages = WebPages::kHoldTheSource);

// Whether an answer may mean that the receiver cannot read compressed bodies.
bool MayBeCompression(int status);

// Whether the next request shall go through another connection, because the
// answer speaks of this one, or of the server behind it.
bool WantsFreshConnection(int status);

// The decision when there is no answer: network, TLS, time-out.
SendResult DecideFailure(const absl::Status& failure);

// The wait that a Retry-After asks for, seconds (a fraction is rounded up) or
// an HTTP-date in any of its three forms, at most kMaxRetryAfter. nullopt when
// it cannot be read or the moment has passed: then there is nothing to wait
// for.
std::optional<absl::Duration> ParseRetryAfter(std::string_view value,
                                              absl::Time now);

}  // namespace segrid::receivers::segment

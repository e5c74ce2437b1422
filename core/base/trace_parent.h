// Which trace a call belongs to: the `traceparent` and `tracestate` headers of
// W3C Trace Context.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace segrid::base {

// A value. Neither id is all zeros.
struct TraceParent {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};  // Of whoever made the call.
  bool sampled = false;
  std::string state{};  // See ParseTraceState(). Empty: none.

  friend bool operator==(const TraceParent&, const TraceParent&) = default;
};

// The value of a header, of any version that level 1 can read; nullopt when it
// is wrong: then there is no trace.
std::optional<TraceParent> ParseTraceParent(std::string_view header);

// The longest state that is passed on, as the standard wants at least.
inline constexpr std::size_t kMaxTraceStateBytes = 512;

// The list members of `tracestate` headers (their values, joined by commas), in
// their order and without white space, as far as kMaxTraceStateBytes and 32
// members go. "" when any of it is wrong: then all of it is dropped, as the
// standard says. Its content belongs to the caller's tools: it is passed on,
// and never logged.
std::string ParseTraceState(std::string_view headers);

// The value of a `traceparent` header, version 00.
std::string ToHeader(const TraceParent& trace);

// The trace's id as 32 hex digits, for logs.
std::string TraceIdText(const TraceParent& trace);

// The same trace, called by another span; `span_id` is not 0.
TraceParent WithSpan(const TraceParent& trace, std::uint64_t span_id);

// A random id that is not 0. Any thread.
std::uint64_t RandomSpanId();

}  // namespace segrid::base

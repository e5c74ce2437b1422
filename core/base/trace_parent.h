// Which trace a call belongs to: the `traceparent` header of W3C Trace Context.

#pragma once

#include <array>
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

  friend bool operator==(const TraceParent&, const TraceParent&) = default;
};

// The value of a header, of any version that level 1 can read; nullopt when it
// is wrong: then there is no trace.
std::optional<TraceParent> ParseTraceParent(std::string_view header);

// The value of a header, version 00.
std::string ToHeader(const TraceParent& trace);

// The trace's id as 32 hex digits, for logs.
std::string TraceIdText(const TraceParent& trace);

// The same trace, called by another span; `span_id` is not 0.
TraceParent WithSpan(const TraceParent& trace, std::uint64_t span_id);

// A random id that is not 0. Any thread.
std::uint64_t RandomSpanId();

}  // namespace segrid::base

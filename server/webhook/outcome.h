// What becomes of a request to a webhook.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace segrid::webhook {

enum class Outcome : std::uint8_t {
  kAccepted,          // 200: durable.
  kUnauthorized,      // 401: no or a wrong Authorization.
  kForeign,           // 403: unsigned, and a web page or a proxy sent it.
  kUnknownHost,       // 403: unsigned, and for a host that is not this one.
  kMissingSignature,  // 401
  kStaleTimestamp,    // 401: outside the replay window.
  kBadSignature,      // 401
  kBadEncoding,  // 415, 400: a content encoding that is not gzip, or damaged.
  kTooLarge,     // 413: unpacked, or too many events.
  kNotAnArray,   // 400: the body is no JSON array.
  kUnavailable,  // 503: it could not be made durable.
  kDraining,     // 503: the server is stopping.
};
inline constexpr std::size_t kOutcomeCount = 12;

// By Outcome: in metrics, logs, and the `error` of answers in upper case.
inline constexpr std::array<std::string_view, kOutcomeCount> kOutcomeNames = {
    "accepted",          "unauthorized",    "foreign_request", "unknown_host",
    "missing_signature", "stale_timestamp", "bad_signature",   "bad_encoding",
    "too_large",         "not_an_array",    "unavailable",     "draining"};

// Requests by outcome. Thread safety: any thread; relaxed.
class OutcomeCounts {
 public:
  void Add(Outcome outcome) {
    counts_[static_cast<std::size_t>(outcome)].fetch_add(
        1, std::memory_order_relaxed);
  }
  std::int64_t Get(Outcome outcome) const {
    return counts_[static_cast<std::size_t>(outcome)].load(
        std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::int64_t>, kOutcomeCount> counts_{};
};

}  // namespace segrid::webhook

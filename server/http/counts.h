// What a listener counts.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "core/metrics/histogram.h"

namespace segrid::httpd {

// Why a connection was closed or refused by us.
enum class Cut : std::uint8_t {
  kTooMany,        // All slots are taken by connections at work.
  kTooManyOfPeer,  // The same for one peer.
  kMadeRoom,       // Waited or shook hands for longest when a slot was needed.
  kHeaderTimeout,  // The head did not come in time.
  kBodyTimeout,    // The body did not.
  kAnswerTimeout,  // The peer did not take the answer.
  kBadRequest,     // What came was not HTTP.
  kHandshake,      // TLS did not come about.
  kSlowBody,       // The body brought less than the least rate.
  kSlowest,        // It brought the least when room for bodies was short.
  kTooOld,         // Open for as long as a connection may be.
  kNotAdmitted,    // A reload took away what had let it in.
  kWorkTimeout,    // The answer was not ready in time; 503 was said.
};
inline constexpr std::size_t kCutCount = 13;

// Whether it was said because a deadline had passed.
constexpr bool IsOfTime(Cut cut) {
  return cut == Cut::kHeaderTimeout || cut == Cut::kBodyTimeout ||
         cut == Cut::kAnswerTimeout || cut == Cut::kTooOld ||
         cut == Cut::kWorkTimeout;
}

// The names of the label `reason`, by Cut.
inline constexpr std::array<const char*, kCutCount> kCutNames = {
    "too_many",     "too_many_of_peer", "made_room",   "header_timeout",
    "body_timeout", "answer_timeout",   "bad_request", "handshake",
    "slow_body",    "slowest_body",     "too_old",     "not_admitted",
    "work_timeout"};

// Thread safety: any thread; relaxed, so figures may be a moment apart.
struct Counts {
  std::atomic<std::int64_t> open{0};      // Connections now.
  std::atomic<std::int64_t> accepted{0};  // Connections so far.
  std::array<std::atomic<std::int64_t>, kCutCount> cuts{};
  std::array<std::atomic<std::int64_t>, 600> answers{};  // By status.
  std::atomic<std::int64_t> accept_failures{0};  // Mostly: no descriptors.
  metrics::Histogram seconds;  // From a request's head to its answer's end.

  void Add(Cut cut) {
    cuts[static_cast<std::size_t>(cut)].fetch_add(1, std::memory_order_relaxed);
  }
  void AddAnswer(int status) {
    const auto at = static_cast<std::size_t>(status);
    if (at < answers.size())
      answers[at].fetch_add(1, std::memory_order_relaxed);
  }
};

}  // namespace segrid::httpd

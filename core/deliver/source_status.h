// How a source's delivery fares, for people.

#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace segrid::deliver {

// Whether a source delivers. The numbers are those of segrid.v1.SourceState.
enum class SourceState : std::uint8_t {
  kRunning = 1,
  kBackingOff = 2,
  kRateLimited = 3,
  kMisconfigured = 4,  // Held: nothing but probes is sent.
  kPaused = 5,
  kOrphaned = 6,  // The source left the configuration: nobody delivers.
};

// Whether nothing is delivered until somebody does something about it.
constexpr bool IsStopped(SourceState state) {
  return state == SourceState::kMisconfigured ||
         state == SourceState::kPaused || state == SourceState::kOrphaned;
}

struct SourceStatus {
  std::string name{};
  std::string lane{};      // Of the queue; nearly always the name.
  std::string endpoint{};  // Of the receiver; no credentials.
  SourceState state = SourceState::kRunning;
  // When it came into this state. InfinitePast: unknown.
  absl::Time state_since = absl::InfinitePast();
  // Why it does not deliver, or what it waits for beside. No event data.
  std::string detail{};
  // The receiver's last answer that was no success, since the last success:
  // status and first 512 bytes of the body. May repeat event data.
  std::string last_answer{};
  // There is no room for dead letters: messages that are older than `max_age`
  // stay pending.
  bool dead_letters_full = false;
  absl::Duration max_age = absl::Hours(20);
  // InfiniteFuture when nothing is scheduled.
  absl::Time next_attempt = absl::InfiniteFuture();
  std::int32_t in_flight = 0;        // Batches being sent or split.
  std::int64_t attempts = 0;         // Since the start of the process.
  std::int64_t failed_attempts = 0;  // Of them, not answered by success.
  std::int64_t messages_sent = 0;    // In attempts answered by success.
};

}  // namespace segrid::deliver

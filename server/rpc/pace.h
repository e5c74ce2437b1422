// How long calls take at present, so that those are refused at once whose
// deadline cannot be met.

#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"

namespace segrid::rpc {

struct PaceOptions {
  // What ended longer ago than two of these is forgotten.
  absl::Duration window = absl::Seconds(5);
  // Calls that must have ended lately before any is refused.
  std::int64_t min_calls = 8;
};

// Of one method. Refuses only what is certainly too late: whose time is shorter
// than that of the fastest call of the last seconds, or of its bytes at the
// fastest call's speed. While no call is under way nothing is refused: then
// nobody knows how fast the next one would be, and it will tell.
//
// Ownership:     keeps a reference to the clock.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class Pace {
 public:
  // Messages from this size on say what a byte takes.
  static constexpr std::size_t kLargeBytes = 64 << 10;

  explicit Pace(base::Clock& clock, const PaceOptions& options = {})
      : clock_(clock), options_(options) {}

  // A call under way.
  struct Run {
    absl::Duration began{};
    std::size_t bytes = 0;
  };

  // Whether a message of `bytes` may be answered within `left`.
  // DEADLINE_EXCEEDED, TOO_LATE: it cannot.
  absl::Status Check(absl::Duration left, std::size_t bytes)
      ABSL_LOCKS_EXCLUDED(mu_);

  Run Begin(std::size_t bytes) ABSL_LOCKS_EXCLUDED(mu_);
  // Once for each Begin. Only `good` ones count: an error may come early.
  void End(const Run& run, bool good) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // The fastest calls that ended in a stretch of time.
  struct Window {
    std::int64_t calls = 0;
    absl::Duration shortest = absl::InfiniteDuration();
    absl::Duration per_mib = absl::InfiniteDuration();
  };

  void Turn(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // How long `bytes` take at least; zero when that is not known.
  absl::Duration Least(std::size_t bytes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  base::Clock& clock_;
  const PaceOptions options_;

  absl::Mutex mu_;
  std::int64_t under_way_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Duration turned_ ABSL_GUARDED_BY(mu_) = -absl::InfiniteDuration();
  Window current_ ABSL_GUARDED_BY(mu_);
  Window last_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::rpc

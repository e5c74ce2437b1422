// How often something may happen. Pure: the caller brings the time.

#pragma once

#include "absl/time/time.h"

namespace segrid::rate {

// A token bucket: on average `per_second` tokens, at most `burst` at once. A
// value; not thread-safe. Times are of base::Clock::Uptime().
class TokenBucket {
 public:
  // `per_second` is above 0, `burst` at least 1. Starts full.
  TokenBucket(double per_second, double burst)
      : per_second_(per_second), burst_(burst), tokens_(burst) {}

  // How long after `now` a token is there: zero if one is.
  absl::Duration WaitFor(absl::Duration now);

  // Takes a token that WaitFor said is there, or that many: those that are not
  // there are owed, and WaitFor waits until they are paid back.
  void Take(double tokens = 1) { tokens_ -= tokens; }

  // Gives a token back that was not used.
  void Return() { tokens_ += 1; }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  absl::Duration filled_at_ = -absl::InfiniteDuration();
};

}  // namespace segrid::rate

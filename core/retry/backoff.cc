#include "core/retry/backoff.h"

#include <algorithm>
#include <cmath>

#include "absl/random/random.h"

namespace segrid::retry {

absl::Status BackoffOptions::Validate() const {
  if (base <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("backoff.base must be above 0");
  }
  if (!(multiplier >= 1.0)) {
    return absl::InvalidArgumentError("backoff.multiplier must be at least 1");
  }
  if (cap < base) {
    return absl::InvalidArgumentError("backoff.cap must be at least base");
  }
  return absl::OkStatus();
}

Jitter UniformJitter() {
  return [] {
    // One generator per thread: no lock, and no state shared between sources.
    thread_local absl::BitGen generator;
    return absl::Uniform(generator, 0.0, 1.0);
  };
}

absl::Duration Backoff::Next(const Jitter& jitter, absl::Duration floor) {
  // A power over the cap is infinite or large; min() tames both.
  const absl::Duration grown =
      options_.base * std::pow(options_.multiplier, failures_);
  const absl::Duration bound = std::min(grown, options_.cap);
  ++failures_;
  return std::max(bound * jitter(), floor);
}

}  // namespace segrid::retry

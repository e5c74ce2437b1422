// How long to wait before trying again. Pure: it neither sleeps, nor reads a
// clock, nor draws random numbers, so its tests are tables of cases.

#pragma once

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace segrid::retry {

struct BackoffOptions {
  // Upper bound of the first wait. Above 0.
  absl::Duration base = absl::Milliseconds(500);
  // Growth of that bound per failure. At least 1.
  double multiplier = 2.0;
  // The bound never grows past this. At least `base`.
  absl::Duration cap = absl::Seconds(60);

  // INVALID_ARGUMENT naming the first option that is out of range.
  absl::Status Validate() const;
};

// A number in [0, 1). Production code draws it uniformly; tests fix it. Must be
// callable from any thread when its users are.
using Jitter = std::function<double()>;

// Uniform random numbers, seeded by the system. For production.
Jitter UniformJitter();

// The waits between the attempts of one operation: exponential back-off with
// full jitter. A value; not thread-safe.
class Backoff {
 public:
  // `options` are valid.
  explicit Backoff(BackoffOptions options) : options_(options) {}

  // Call after a failure: the wait before the next attempt, random between 0
  // and the bound, but no less than `floor` (Retry-After). Raises the bound.
  absl::Duration Next(const Jitter& jitter,
                      absl::Duration floor = absl::ZeroDuration());

  // Call after a success: the next wait is bounded by `base` again.
  void Reset() { failures_ = 0; }

  // Failures since the last success.
  int failures() const { return failures_; }

 private:
  BackoffOptions options_;
  int failures_ = 0;
};

}  // namespace segrid::retry

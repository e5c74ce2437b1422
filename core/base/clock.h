// Time as a parameter: production code reads it from a Clock, tests set it.

#pragma once

#include "absl/time/time.h"

namespace segrid::base {

// Tells the time. Ownership: whoever takes a `Clock&` keeps no more than the
// reference; the clock must outlive it. Thread safety: any thread, any time.
// Blocking: never.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall-clock time; may jump. For time stamps that people or receivers see.
  virtual absl::Time Now() = 0;

  // Time since an arbitrary moment; never goes back. For waits and ages.
  virtual absl::Duration Uptime() = 0;
};

// The machine's clocks.
class SystemClock final : public Clock {
 public:
  absl::Time Now() override;
  absl::Duration Uptime() override;
};

}  // namespace segrid::base

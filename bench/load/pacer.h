// Starts the calls of an open loop at their times.

#pragma once

#include <cstdint>
#include <functional>

#include "bench/load/schedule.h"

namespace segrid::bench {

// Time for a pacer: tests make their own. Nanoseconds since any moment.
class PaceClock {
 public:
  virtual ~PaceClock() = default;
  virtual std::int64_t NowNanos() = 0;
  // Blocks until then; returns at once when it is past.
  virtual void SleepUntil(std::int64_t nanos) = 0;
};

// The machine's monotonic clock, woken within some 50 us.
class SystemPaceClock final : public PaceClock {
 public:
  std::int64_t NowNanos() override;
  void SleepUntil(std::int64_t nanos) override;
};

// Nanoseconds of the machine's monotonic clock.
std::int64_t SteadyNanos();

struct PacerOptions {
  std::int64_t begin_ns = 0;  // When the schedule starts, on the clock.
  // Calls whose time came but that could not be started by then are given up.
  std::int64_t give_up_ns = 0;
};

// Runs through `schedule`: sleeps until the time of each call and passes that
// time, not the time it is, to `start`, which may block while too many calls
// are in flight and returns false when it must be given up. Calls that are late
// are started at once, one after the other. Returns how many never started.
// Blocks until the end of the schedule.
std::int64_t Pace(const Schedule& schedule, const PacerOptions& options,
                  PaceClock& clock,
                  const std::function<bool(std::int64_t)>& start);

}  // namespace segrid::bench

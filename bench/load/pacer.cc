#include "bench/load/pacer.h"

#include <cerrno>
#include <ctime>

namespace segrid::bench {

std::int64_t SteadyNanos() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::int64_t SystemPaceClock::NowNanos() { return SteadyNanos(); }

void SystemPaceClock::SleepUntil(std::int64_t nanos) {
  timespec until{};
  until.tv_sec = nanos / 1'000'000'000;
  until.tv_nsec = nanos % 1'000'000'000;
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) ==
         EINTR) {
  }
}

std::int64_t Pace(const Schedule& schedule, const PacerOptions& options,
                  PaceClock& clock,
                  const std::function<bool(std::int64_t)>& start) {
  std::int64_t not_sent = 0;
  for (std::int64_t i = 0; i < schedule.calls(); ++i) {
    const std::int64_t intended = options.begin_ns + schedule.IntendedStart(i);
    const std::int64_t now = clock.NowNanos();
    if (now < intended) clock.SleepUntil(intended);
    if (now >= options.give_up_ns || !start(intended)) ++not_sent;
  }
  return not_sent;
}

}  // namespace segrid::bench

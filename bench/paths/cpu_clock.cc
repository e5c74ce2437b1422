#include "bench/paths/cpu_clock.h"

#include <time.h>

#include <cstdint>

namespace segrid::bench {

double ThreadCpuSeconds() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) +
         static_cast<double>(used.tv_nsec) * 1e-9;
}

double CpuOfCall(absl::Duration length, const std::function<void()>& work) {
  const double begin = ThreadCpuSeconds();
  const double end = begin + absl::ToDoubleSeconds(length);
  std::int64_t calls = 0;
  double now = begin;
  do {
    work();
    ++calls;
    now = ThreadCpuSeconds();
  } while (now < end);
  return (now - begin) / static_cast<double>(calls);
}

}  // namespace segrid::bench

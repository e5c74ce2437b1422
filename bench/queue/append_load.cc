#include "bench/queue/append_load.h"

#include <ctime>
#include <thread>
#include <vector>

#include "bench/load/pacer.h"

namespace segrid::bench {
namespace {

// Of all threads of this process.
double CpuSeconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) +
         static_cast<double>(used.tv_nsec) * 1e-9;
}

}  // namespace

AppendRate RunAppends(
    const AppendLoad& load,
    const std::function<bool(int caller, std::int64_t call)>& append) {
  std::vector<AppendRate> rates(static_cast<std::size_t>(load.callers));
  std::vector<std::thread> threads;
  const double cpu_before = CpuSeconds();
  const std::int64_t begin = SteadyNanos();
  const std::int64_t end = begin + absl::ToInt64Nanoseconds(load.duration);
  for (int caller = 0; caller < load.callers; ++caller) {
    AppendRate& rate = rates[static_cast<std::size_t>(caller)];
    threads.emplace_back([&append, &rate, caller, end] {
      for (std::int64_t now = SteadyNanos(); now < end && !rate.failed;) {
        rate.failed = !append(caller, rate.calls++);
        const std::int64_t done = SteadyNanos();
        rate.latency.Add(done - now);
        now = done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  AppendRate sum;
  sum.seconds = static_cast<double>(SteadyNanos() - begin) * 1e-9;
  sum.cpu_seconds = CpuSeconds() - cpu_before;
  for (const AppendRate& rate : rates) {
    sum.calls += rate.calls;
    sum.latency.Merge(rate.latency);
    sum.failed = sum.failed || rate.failed;
  }
  return sum;
}

}  // namespace segrid::bench

#include "bench/stats/process_stats.h"

#include <sys/resource.h>
#include <time.h>

#include <fstream>
#include <string>

namespace segrid::bench {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_usec) * 1e-6;
}

std::optional<double> CpuSeconds(int pid) {
  if (pid == 0) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  }
  // The clock counts nanoseconds of all threads, also of those that have
  // ended, where /proc has steps of 10 ms.
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(pid, &clock) != 0 ||
      clock_gettime(clock, &used) != 0) {
    return std::nullopt;
  }
  return static_cast<double>(used.tv_sec) +
         static_cast<double>(used.tv_nsec) * 1e-9;
}

}  // namespace

std::optional<ProcessReading> ReadProcess(int pid) {
  const std::optional<double> cpu_seconds = CpuSeconds(pid);
  if (!cpu_seconds) return std::nullopt;
  ProcessReading reading{.cpu_seconds = *cpu_seconds};
  const std::string who = pid == 0 ? "self" : std::to_string(pid);
  std::ifstream file("/proc/" + who + "/status");
  for (std::string key; file >> key;) {
    std::int64_t kib = 0;
    if (key == "VmHWM:" && file >> kib) reading.peak_rss_bytes = kib * 1024;
    if (key == "VmRSS:" && file >> kib) reading.rss_bytes = kib * 1024;
    std::string rest;
    std::getline(file, rest);
  }
  return reading;
}

}  // namespace segrid::bench

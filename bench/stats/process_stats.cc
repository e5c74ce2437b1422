#include "bench/stats/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
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
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  // The name stands in parentheses and may hold anything: skip to its end.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  if (!(fields >> user >> system)) return std::nullopt;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
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

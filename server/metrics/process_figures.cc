#include "server/metrics/process_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

namespace segrid::metrics {
namespace {

// When the machine started. Not from /proc/stat, which a service manager may
// hide.
double BootTime() {
  timespec now{}, since_boot{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
  return static_cast<double>(now.tv_sec - since_boot.tv_sec) +
         static_cast<double>(now.tv_nsec - since_boot.tv_nsec) * 1e-9;
}

std::int64_t CountFds() {
  std::error_code error;
  std::filesystem::directory_iterator list("/proc/self/fd", error);
  if (error) return 0;
  // The list itself has one open.
  return std::distance(std::filesystem::begin(list),
                       std::filesystem::end(list)) -
         1;
}

}  // namespace

ProcessFigures ReadProcessFigures() {
  ProcessFigures figures;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::ifstream file("/proc/self/stat");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  // The name may hold spaces and brackets; it ends with the last bracket.
  const std::size_t end = text.rfind(')');
  if (end != std::string::npos) {
    std::istringstream fields(text.substr(end + 1));
    std::string skipped;
    double user = 0, system = 0, start = 0, pages = 0;
    for (int i = 3; i < 14; ++i) fields >> skipped;  // proc(5) counts from 1.
    fields >> user >> system;
    for (int i = 16; i < 20; ++i) fields >> skipped;
    fields >> figures.threads >> skipped >> start >> figures.virtual_bytes >>
        pages;
    figures.cpu_seconds = (user + system) / ticks;
    figures.start_time_seconds = BootTime() + start / ticks;
    figures.resident_bytes = static_cast<std::int64_t>(
        pages * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  }
  figures.open_fds = CountFds();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    figures.max_fds = static_cast<std::int64_t>(limit.rlim_cur);
  }
  return figures;
}

void AddTo(Exposition& out, const ProcessFigures& figures) {
  const auto add = [&out](std::size_t row, auto value) {
    out.Add(row, static_cast<double>(value));
  };
  add(Row("process_start_time_seconds"), figures.start_time_seconds);
  add(Row("process_cpu_seconds_total"), figures.cpu_seconds);
  add(Row("process_resident_memory_bytes"), figures.resident_bytes);
  add(Row("process_virtual_memory_bytes"), figures.virtual_bytes);
  add(Row("process_open_fds"), figures.open_fds);
  add(Row("process_max_fds"), figures.max_fds);
  add(Row("process_threads"), figures.threads);
}

}  // namespace segrid::metrics

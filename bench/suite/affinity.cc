#include "bench/suite/affinity.h"

#include <sched.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace segrid::bench {
namespace {

cpu_set_t OwnCores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  sched_getaffinity(0, sizeof(cores), &cores);
  return cores;
}

}  // namespace

int AvailableCores() {
  const cpu_set_t cores = OwnCores();
  return CPU_COUNT(&cores);
}

absl::Status PinProcess(int pid, int cores) {
  const cpu_set_t available = OwnCores();
  cpu_set_t wanted;
  CPU_ZERO(&wanted);
  for (std::size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&wanted) < cores; ++i) {
    if (CPU_ISSET(i, &available)) CPU_SET(i, &wanted);
  }
  std::error_code error;
  std::filesystem::directory_iterator threads(
      absl::StrCat("/proc/", pid, "/task"), error);
  for (; !error && threads != std::filesystem::directory_iterator();
       threads.increment(error)) {
    const std::string name = threads->path().filename().string();
    int thread = 0;
    std::from_chars(name.data(), name.data() + name.size(), thread);
    // ESRCH: a thread that ended meanwhile.
    if (sched_setaffinity(thread, sizeof(wanted), &wanted) != 0 &&
        errno != ESRCH) {
      return absl::UnavailableError(
          absl::StrCat("cannot choose the cores of process ", pid, ": ",
                       std::strerror(errno)));
    }
  }
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("process ", pid, " has no threads: ", error.message()));
}

}  // namespace segrid::bench

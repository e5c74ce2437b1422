// The process as the system sees it.

#pragma once

#include <cstdint>

#include "server/metrics/exposition.h"

namespace segrid::metrics {

struct ProcessFigures {
  double start_time_seconds = 0;  // Since 1970.
  double cpu_seconds = 0;
  std::int64_t resident_bytes = 0;
  std::int64_t virtual_bytes = 0;
  std::int64_t threads = 0;
  std::int64_t open_fds = 0;
  std::int64_t max_fds = 0;
};

// Reads /proc/self; what cannot be read is 0. Thread safety: any thread.
// Blocking: no disk.
ProcessFigures ReadProcessFigures();

void AddTo(Exposition& out, const ProcessFigures& figures);

}  // namespace segrid::metrics

// Many callers that append and wait.

#pragma once

#include <cstdint>
#include <functional>

#include "absl/time/time.h"
#include "bench/stats/histogram.h"

namespace segrid::bench {

struct AppendLoad {
  int callers = 64;
  absl::Duration duration;
};

struct AppendRate {
  std::int64_t calls = 0;
  double seconds = 0;
  double cpu_seconds = 0;  // Of all threads of this process.
  Histogram latency = {};  // Nanoseconds.
  bool failed = false;
};

// Each caller calls `append`, which blocks until the bytes are durable and
// returns whether they are, again and again. `append` gets the caller's number
// and the number of the call, both from 0.
AppendRate RunAppends(
    const AppendLoad& load,
    const std::function<bool(int caller, std::int64_t call)>& append);

}  // namespace segrid::bench

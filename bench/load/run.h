// One measurement: load on a server, and what came of it.

#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "bench/load/run_options.h"
#include "bench/stats/result.h"

namespace segrid::bench {

// The figures of a run so far.
struct Progress {
  double seconds = 0;        // Since the warm-up's end; negative before.
  double total_seconds = 0;  // 0: until the count is reached.
  Slice last;                // The latest slice.
  std::int64_t calls = 0;    // All since the warm-up.
  std::int64_t errors = 0;
};

// Runs the load and measures. Blocks for warm-up, duration and, at most, the
// time-out of the last calls. `progress`, if any, is called in this thread with
// each slice. Errors: those of Validate, MakePayloads and Connect; failed calls
// are no errors but counted.
absl::StatusOr<RunResult> Run(
    const RunOptions& options,
    const std::function<void(const Progress&)>& progress = nullptr);

}  // namespace segrid::bench

// How much memory a server takes under load, and whether it grows.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/suite/cases.h"
#include "bench/suite/suite.h"

namespace segrid::bench {

struct MemoryOptions {
  std::string product;  // Address of a server that did nothing before.
  int product_pid = 0;
  std::vector<std::string> bodies;  // Empty: generated events.
  absl::Duration duration;          // 10 min: after 1 and after 10 minutes.
};

// The rows of MemoryCase: the memory at the end, and how it compares with that
// after a tenth of the time. UNAVAILABLE when calls fail or /proc does not
// tell. Blocks for `duration` and a warm-up of at most 10 s.
absl::StatusOr<std::vector<SuiteRow>> MeasureMemory(
    const MemoryOptions& options);

}  // namespace segrid::bench

// One figure of the table of paths: a whole path, or one of its parts.

#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace segrid::bench {

struct Reading {
  double cpu_seconds = 0;       // User and system, of a call.
  double calls_per_second = 0;  // 0: it was measured without a server.
  double tracks_per_call = 0;   // 0: not known.
};

// Thread safety: none. `run` blocks while it measures, and may be called again
// for another round. Its error says what failed and where.
struct Measure {
  std::string name;
  std::function<absl::StatusOr<Reading>()> run;
};

}  // namespace segrid::bench

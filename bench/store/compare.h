// The comparison: rounds, medians, and the ratios that are asked for.

#pragma once

#include <ostream>
#include <string>

#include "absl/time/time.h"

namespace segrid::bench::store {

struct CompareOptions {
  std::string directory = ".";
  absl::Duration duration = absl::Seconds(2);
  int rounds = 3;
  int only_events = 0;  // Per call; 0: all cases.
};

// Measures and prints a table. False: a ratio is below what is asked for, or
// the store lost count.
bool Compare(const CompareOptions& options, std::ostream& out);

}  // namespace segrid::bench::store

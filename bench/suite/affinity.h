// Which cores a process may use.

#pragma once

#include "absl/status/status.h"

namespace segrid::bench {

// Cores that this process may use.
int AvailableCores();

// Lets all threads of `pid` run on the first `cores` cores that this process
// may use; threads they start later inherit it. UNAVAILABLE when the system
// refuses.
absl::Status PinProcess(int pid, int cores);

}  // namespace segrid::bench

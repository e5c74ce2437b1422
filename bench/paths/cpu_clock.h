// CPU time of work that this thread does.

#pragma once

#include <functional>

#include "absl/time/time.h"

namespace segrid::bench {

// User and system seconds of this thread since it started.
double ThreadCpuSeconds();

// Calls `work` until `length` of CPU time has passed, at least once, and
// returns the CPU seconds of a call.
double CpuOfCall(absl::Duration length, const std::function<void()>& work);

}  // namespace segrid::bench

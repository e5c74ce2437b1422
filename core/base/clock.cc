#include "core/base/clock.h"

#include <chrono>

#include "absl/time/clock.h"

namespace segrid::base {

absl::Time SystemClock::Now() { return absl::Now(); }

absl::Duration SystemClock::Uptime() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace segrid::base

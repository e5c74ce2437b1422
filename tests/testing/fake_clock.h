// Time that only the test moves.

#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"

namespace segrid::testing {

// Starts at 2026-01-01T00:00:00Z and stands still. Thread safety: any thread.
class FakeClock final : public base::Clock {
 public:
  absl::Time Now() override {
    absl::MutexLock lock(&mu_);
    return now_;
  }
  absl::Duration Uptime() override {
    absl::MutexLock lock(&mu_);
    return uptime_;
  }

  // Moves both clocks on.
  void Advance(absl::Duration by) {
    absl::MutexLock lock(&mu_);
    now_ += by;
    uptime_ += by;
  }

 private:
  absl::Mutex mu_;
  absl::Time now_ ABSL_GUARDED_BY(mu_) = absl::FromUnixSeconds(1767225600);
  absl::Duration uptime_ ABSL_GUARDED_BY(mu_) = absl::Hours(1);
};

}  // namespace segrid::testing

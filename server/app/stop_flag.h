// A request to stop that any thread may set.

#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace segrid::app {

// Thread safety: every method may be called from any thread, any number of
// times. Blocking: Wait, until Raise was called.
class StopFlag {
 public:
  void Raise() {
    absl::MutexLock lock(&mu_);
    raised_ = true;
  }
  void Wait() {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(&raised_));
  }

 private:
  absl::Mutex mu_;
  bool raised_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace segrid::app

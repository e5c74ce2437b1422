// The log lines of a store that stops and resumes accepting.

#pragma once

#include <atomic>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/pipeline/pipeline.h"
#include "server/logging/log.h"

namespace segrid::app {

// A line when the store refuses what is appended, or says that it would, with
// the reason; and one when it accepts again, with how long that lasted. A store
// that is nearly full takes small batches and refuses large ones: it accepts
// again when nothing was refused for 10 s.
//
// Ownership:     keeps references to the log and the clock.
// Thread safety: any thread. Blocking: as the log.
class StoreLog final : public pipeline::AppendObserver {
 public:
  StoreLog(logging::Log& log, base::Clock& clock) : log_(log), clock_(clock) {}

  void OnAppended() override;
  void OnRefused(const absl::Status& status) override;
  // Somebody looked: why the store would accept nothing now; empty when it
  // would.
  void OnLook(const std::string& reason);

 private:
  void Stop(std::string reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Resume() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool IsQuiet() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  logging::Log& log_;
  base::Clock& clock_;
  std::atomic<bool> stopped_ = false;  // Changes under the mutex.
  absl::Mutex mu_;
  std::string reason_ ABSL_GUARDED_BY(mu_);     // Of the stop.
  std::string looked_ ABSL_GUARDED_BY(mu_);     // Of the last look.
  bool was_seen_ ABSL_GUARDED_BY(mu_) = false;  // By a look, during this stop.
  absl::Duration stopped_at_ ABSL_GUARDED_BY(mu_);
  absl::Duration refused_at_ ABSL_GUARDED_BY(mu_) = -absl::InfiniteDuration();
};

}  // namespace segrid::app

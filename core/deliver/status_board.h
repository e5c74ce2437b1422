// The status of a source, for those who ask and those who want to hear of it.

#pragma once

#include <atomic>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/deliver/delivery_options.h"
#include "core/deliver/delivery_waiter.h"
#include "core/deliver/source_status.h"

namespace segrid::deliver {

// Ownership:     keeps references to the environment and the waiter.
// Thread safety: Get and SetPaused from any thread; Publish in one at a time.
// Blocking:      never.
class StatusBoard {
 public:
  StatusBoard(std::string name, std::string lane, std::string endpoint,
              const Environment& environment, DeliveryWaiter& waiter);

  SourceStatus Get() const;

  // The operator's last word, which Get() tells at once.
  void SetPaused(bool paused) { paused_ = paused; }
  bool paused() const { return paused_; }

  // Takes all but name, lane, endpoint and state_since from `status`. When the
  // state is another one, tells the observer, and ends waits for a source that
  // stopped.
  void Publish(SourceStatus status);

 private:
  void Tell(SourceState from, const SourceStatus& status);

  const std::string name_;
  const std::string lane_;
  const std::string endpoint_;
  const Environment environment_;
  DeliveryWaiter& waiter_;
  std::atomic<bool> paused_ = false;

  // Only the publishing thread uses it.
  absl::Duration not_running_since_ = absl::ZeroDuration();

  mutable absl::Mutex mu_;
  SourceStatus status_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::deliver

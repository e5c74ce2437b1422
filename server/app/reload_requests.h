// Who wants the configuration to be read again.

#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/app/reload_result.h"

namespace segrid::app {

// The letter box between those who ask (signals, a timer, operators' calls) and
// the reloader's thread, which takes the requests one after the other.
//
// Thread safety: every method may be called from any thread at any time.
// Blocking:      Take and Wait, as they say; nothing else. `done` functions
//                must not block.
class ReloadRequests {
 public:
  using Done = std::function<void(absl::StatusOr<ReloadResult>)>;

  // An operator's request.
  struct Operator {
    std::vector<std::string> allow_removal{};
    Done done{};
  };
  // What is to be done next. Only one of the three is set.
  struct Work {
    bool reload = false;  // In any case.
    bool look = false;    // If a file changed.
    std::deque<Operator> operators{};
  };

  // Most operators that wait; more are told RESOURCE_EXHAUSTED, BUSY.
  static constexpr std::size_t kMaxOperators = 16;

  ReloadRequests() = default;
  ~ReloadRequests() { Close(); }
  ReloadRequests(const ReloadRequests&) = delete;
  ReloadRequests& operator=(const ReloadRequests&) = delete;

  // Requests that come while one waits are one.
  void Reload() ABSL_LOCKS_EXCLUDED(mu_);
  void LookForChanges() ABSL_LOCKS_EXCLUDED(mu_);
  // `done` hears what became of it, exactly once, in any thread.
  void Ask(Operator request) ABSL_LOCKS_EXCLUDED(mu_);

  // Answers all that wait, and all that come later, with UNAVAILABLE, DRAINING.
  void Close() ABSL_LOCKS_EXCLUDED(mu_);

  // Waits for work and takes it. False: it was closed.
  bool Take(Work& work) ABSL_LOCKS_EXCLUDED(mu_);
  // Waits for `time`. False: it was closed.
  bool Wait(absl::Duration time) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  absl::Mutex mu_;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  bool reload_ ABSL_GUARDED_BY(mu_) = false;
  bool look_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<Operator> operators_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::app

// Whether the server takes work, seen by all services.

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace segrid::rpc {

// A call that lasts until someone ends it: a stream, a watch.
class OpenCall {
 public:
  virtual ~OpenCall() = default;

  // The server is stopping: answer what was read, then end with UNAVAILABLE,
  // DRAINING. Called at most once, from any thread; must not block.
  virtual void EndForDrain() = 0;

  // Who may call has changed: ends at once, with the error, when its caller may
  // not any more. Called at any time, from any thread; must not block.
  virtual void Recheck() = 0;
};

// The steps of a server's stop, as its services see them.
//
// Ownership:     shares the open calls until they leave.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class Admission {
 public:
  // True until StartDraining: the server wants calls.
  bool ready() const { return ready_.load(std::memory_order_relaxed); }
  // True until StopAccepting: the server still takes calls.
  bool accepting() const { return accepting_.load(std::memory_order_relaxed); }

  // Says to whoever asks that the server is about to stop; calls are taken
  // still.
  void StartDraining() { ready_ = false; }
  // Refuses new calls and ends the open ones.
  void StopAccepting();

  // Has each open call look whether its caller may go on.
  void RecheckOpenCalls();

  // Registers a call to be ended by StopAccepting. False when that has happened
  // already: then the call is not registered and must end by itself.
  [[nodiscard]] bool Enter(std::shared_ptr<OpenCall> call);
  // Number of registered calls.
  std::size_t open_count() const {
    absl::MutexLock lock(&mu_);
    return open_.size();
  }

  // Forgets a call. Ignores one that is not registered.
  void Leave(const std::shared_ptr<OpenCall>& call);

 private:
  std::atomic<bool> ready_{true};
  std::atomic<bool> accepting_{true};
  mutable absl::Mutex mu_;
  std::set<std::shared_ptr<OpenCall>> open_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::rpc

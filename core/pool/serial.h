// One task at a time on many threads.

#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/pool/executor.h"

namespace segrid::pool {

// Runs tasks in the order of Post, never two at once, so that what only they
// touch needs no lock.
//
// Ownership:     keeps a reference to the executor. Destroying it does not
//                cancel tasks; a task that owns it needs Abandon().
// Thread safety: any thread, any time.
// Blocking:      never.
class Serial {
 public:
  explicit Serial(Executor& executor)
      : state_(std::make_shared<State>(executor)) {}

  void Post(std::function<void()> task);

  // Drops what waits, and whatever is posted from now on. For the end, when the
  // executor may not run its tasks any more.
  void Abandon();

 private:
  struct State {
    explicit State(Executor& e) : executor(e) {}
    Executor& executor;
    absl::Mutex mu;
    std::deque<std::function<void()>> tasks ABSL_GUARDED_BY(mu);
    bool running ABSL_GUARDED_BY(mu) = false;
    bool abandoned ABSL_GUARDED_BY(mu) = false;
  };
  static void Run(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;  // Shared with the executor's task.
};

}  // namespace segrid::pool

// A thread for what must not be done in gRPC's threads.

#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace segrid::rpc {

// Runs tasks that may wait for a disk, one after the other, in a thread of its
// own: the rare work of operators, not that of the hot path.
//
// Ownership:     owns its thread and the tasks that wait.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      the destructor waits for the tasks that were taken.
class Worker {
 public:
  // At most `max_waiting` tasks wait for their turn. `name` is the thread's:
  // see base::NameThread.
  Worker(std::size_t max_waiting, const std::string& name);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs `task` later. False, and the task is dropped, when too many wait.
  [[nodiscard]] bool Post(std::function<void()> task);

 private:
  void Run(const std::string& name);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return stopping_ || !tasks_.empty();
  }

  const std::size_t max_waiting_;
  absl::Mutex mu_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace segrid::rpc

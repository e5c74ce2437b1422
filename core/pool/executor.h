// Where asynchronous work runs: threads and timers as a parameter.

#pragma once

#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace segrid::pool {

// A pending call of Executor::After. Destroying it cancels the call; one that
// has begun, or is about to begin in another thread, goes on.
class Timer {
 public:
  virtual ~Timer() = default;
};

// Runs tasks, later and in its own threads. Tasks must not block or throw.
//
// Ownership:     keeps a task until it has run or the executor is destroyed.
// Thread safety: any thread, any time; tasks run concurrently.
// Blocking:      never.
class Executor {
 public:
  virtual ~Executor() = default;

  // Runs `task` as soon as a thread is free.
  virtual void Post(std::function<void()> task) = 0;

  // Runs `task` once `delay` has passed, unless the timer is destroyed before.
  [[nodiscard]] virtual std::unique_ptr<Timer> After(
      absl::Duration delay, std::function<void()> task) = 0;
};

}  // namespace segrid::pool

// Time for retries, as a parameter.

#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

namespace segrid::internal {

// Tells the time and waits. Thread safety: any thread, any time.
class Timer {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  virtual ~Timer() = default;

  virtual TimePoint Now() = 0;

  // Blocks for `delay`, or until `stop` is requested.
  virtual void Wait(std::chrono::nanoseconds delay,
                    const std::stop_token& stop) = 0;

  // Runs `then` after `delay`, in a thread that must not be blocked. Once.
  virtual void After(std::chrono::nanoseconds delay,
                     std::function<void()> then) = 0;
};

}  // namespace segrid::internal

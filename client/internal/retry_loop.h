// Whether, when and for how long a call is tried again.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "client/client_options.h"
#include "client/internal/retry_budget.h"
#include "client/internal/timer.h"
#include "core/retry/backoff.h"

namespace segrid::internal {

// True for errors after which the same call may succeed: see RetryOptions.
// `wait_for_ready` false: a missing connection is final.
bool IsWorthAnotherTry(const Error& error, bool wait_for_ready);

// What one call may use.
struct RetryLimits {
  RetryOptions retry;
  std::chrono::nanoseconds timeout;  // Of the call in all.
  bool wait_for_ready = true;
};

// The tries of one call. It neither waits nor reads a clock. Thread safety:
// none. Ownership: references outlive it.
class RetryLoop {
 public:
  RetryLoop(const RetryLimits& limits, RetryBudget& budget,
            const retry::Jitter& jitter, Timer::TimePoint begin);

  // How long a try that starts `now` may take; at least 1 ms.
  std::chrono::nanoseconds AttemptTimeout(Timer::TimePoint now) const;

  // Call after a try has failed: how long to wait before the next one; nullopt
  // when `error` is final.
  std::optional<std::chrono::nanoseconds> DelayAfter(const Error& error,
                                                     Timer::TimePoint now);

  // Tries so far.
  std::int32_t attempts() const { return attempts_; }

 private:
  const RetryLimits limits_;
  RetryBudget& budget_;
  const retry::Jitter& jitter_;
  const Timer::TimePoint deadline_;
  retry::Backoff backoff_;
  std::int32_t attempts_ = 1;
  std::int32_t asked_ = 0;  // Of those that failed: that reached a server.
};

}  // namespace segrid::internal

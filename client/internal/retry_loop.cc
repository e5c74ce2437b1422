#include "client/internal/retry_loop.h"

#include <algorithm>

#include "absl/time/time.h"

namespace segrid::internal {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

retry::BackoffOptions BackoffOf(const RetryOptions& options) {
  return {.base = absl::FromChrono(options.initial_backoff),
          .multiplier = 2,
          .cap = absl::FromChrono(options.max_backoff)};
}

}  // namespace

bool IsWorthAnotherTry(const Error& error, bool wait_for_ready) {
  if (error.reason == "NOT_CONNECTED" && !wait_for_ready) return false;
  switch (error.code) {
    case ErrorCode::kUnavailable:
    case ErrorCode::kDeadlineExceeded:  // Of the try, not of the call.
      return true;
    case ErrorCode::kCancelled:
      return error.reason != "STOPPED";
    case ErrorCode::kResourceExhausted:
      return error.retry_delay.has_value();
    default:
      return false;
  }
}

RetryLoop::RetryLoop(const RetryLimits& limits, RetryBudget& budget,
                     const retry::Jitter& jitter, Timer::TimePoint begin)
    : limits_(limits),
      budget_(budget),
      jitter_(jitter),
      deadline_(begin + limits.timeout),
      backoff_(BackoffOf(limits.retry)) {}

nanoseconds RetryLoop::AttemptTimeout(Timer::TimePoint now) const {
  const nanoseconds left = deadline_ - now;
  return std::max<nanoseconds>(std::min(left, limits_.retry.attempt_timeout),
                               milliseconds(1));
}

std::optional<nanoseconds> RetryLoop::DelayAfter(const Error& error,
                                                 Timer::TimePoint now) {
  if (!IsWorthAnotherTry(error, limits_.wait_for_ready)) return std::nullopt;
  if (limits_.retry.max_attempts == 1) return std::nullopt;
  // Without a connection no server was asked: waiting for one is bounded by the
  // call's time alone.
  const bool asked = error.reason != "NOT_CONNECTED";
  if (asked && ++asked_ >= limits_.retry.max_attempts) return std::nullopt;
  const nanoseconds floor = error.retry_delay.value_or(nanoseconds(0));
  const nanoseconds delay = absl::ToChronoNanoseconds(
      backoff_.Next(jitter_, absl::FromChrono(floor)));
  // A try needs some time: one that cannot end before the deadline is not made.
  if (now + delay + milliseconds(1) > deadline_) return std::nullopt;
  if (asked && !budget_.Take()) return std::nullopt;
  ++attempts_;
  return delay;
}

}  // namespace segrid::internal

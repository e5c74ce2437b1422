#include "core/http/time_limit.h"

#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "boost/asio/steady_timer.hpp"

namespace segrid::http {

using Clock = boost::asio::steady_timer::clock_type;

struct TimeLimit::State : std::enable_shared_from_this<State> {
  explicit State(const boost::asio::any_io_executor& executor)
      : timer(executor) {}

  void Arm(Clock::time_point at) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) {
    armed_for = at;
    timer.expires_at(at);
    timer.async_wait([self = shared_from_this(),
                      at](const boost::system::error_code& stopped) {
      if (!stopped) self->Fire(at);
    });
  }

  void Fire(Clock::time_point at) {
    std::function<void()> passed;
    {
      absl::MutexLock lock(&mu);
      // One that fired while it was set anew is not the last.
      if (armed_for != at) return;
      armed_for.reset();
      if (late == nullptr) return;
      if (due > Clock::now()) return Arm(due);
      passed = std::exchange(late, nullptr);
    }
    passed();
  }

  boost::asio::steady_timer timer;
  absl::Mutex mu;
  std::optional<Clock::time_point> armed_for ABSL_GUARDED_BY(mu);
  Clock::time_point due ABSL_GUARDED_BY(mu);
  std::function<void()> late ABSL_GUARDED_BY(mu);
};

TimeLimit::TimeLimit(boost::asio::any_io_executor executor)
    : executor_(std::move(executor)) {}

TimeLimit::~TimeLimit() { Clear(); }

void TimeLimit::Set(absl::Duration left, std::function<void()> late) {
  std::shared_ptr<State> state = state_.lock();
  if (state == nullptr) {
    state = std::make_shared<State>(executor_);
    state_ = state;
  }
  absl::MutexLock lock(&state->mu);
  state->late.swap(late);  // The old one is destroyed without the lock.
  state->due = Clock::now() + absl::ToChronoNanoseconds(left);
  if (!state->armed_for || *state->armed_for > state->due) {
    state->Arm(state->due);
  }
}

bool TimeLimit::Clear() {
  std::function<void()> dropped;
  const std::shared_ptr<State> state = state_.lock();
  if (state == nullptr) return false;
  absl::MutexLock lock(&state->mu);
  dropped.swap(state->late);
  return dropped != nullptr;
}

}  // namespace segrid::http

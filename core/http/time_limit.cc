#include "core/http/time_limit.h"

#include <optional>
#include <utility>

#include "boost/asio/steady_timer.hpp"

namespace segrid::http {

struct TimeLimit::State : std::enable_shared_from_this<State> {
  using Time = boost::asio::steady_timer::time_point;

  explicit State(const boost::asio::any_io_executor& executor)
      : timer(executor) {}

  void Arm() {
    armed_for = due;
    timer.expires_at(due);
    timer.async_wait([weak = weak_from_this(),
                      at = due](const boost::system::error_code& stopped) {
      const std::shared_ptr<State> self = weak.lock();
      // One that was stopped, or fired as it was set anew, is not the last.
      if (!stopped && self != nullptr && self->armed_for == at) self->Fire();
    });
  }

  void Fire() {
    armed_for.reset();
    if (late == nullptr) return;
    if (due > boost::asio::steady_timer::clock_type::now()) return Arm();
    std::exchange(late, nullptr)();
  }

  boost::asio::steady_timer timer;
  std::optional<Time> armed_for;
  Time due;
  std::function<void()> late;
};

TimeLimit::TimeLimit(const boost::asio::any_io_executor& executor)
    : state_(std::make_shared<State>(executor)) {}

TimeLimit::~TimeLimit() { Clear(); }

void TimeLimit::Set(absl::Duration left, std::function<void()> late) {
  state_->late = std::move(late);
  state_->due = boost::asio::steady_timer::clock_type::now() +
                absl::ToChronoNanoseconds(left);
  if (!state_->armed_for || *state_->armed_for > state_->due) state_->Arm();
}

bool TimeLimit::Clear() {
  return std::exchange(state_->late, nullptr) != nullptr;
}

}  // namespace segrid::http

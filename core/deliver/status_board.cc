#include "core/deliver/status_board.h"

#include <utility>

#include "core/deliver/delivery_observer.h"

namespace segrid::deliver {

StatusBoard::StatusBoard(std::string name, std::string lane,
                         std::string endpoint, const Environment& environment,
                         DeliveryWaiter& waiter)
    : name_(std::move(name)),
      lane_(std::move(lane)),
      endpoint_(std::move(endpoint)),
      environment_(environment),
      waiter_(waiter) {
  absl::MutexLock lock(&mu_);
  status_.name = name_;
  status_.lane = lane_;
  status_.endpoint = endpoint_;
  status_.state_since = environment_.clock.Now();
}

SourceStatus StatusBoard::Get() const {
  absl::MutexLock lock(&mu_);
  SourceStatus status = status_;
  const SourceState published = status.state;
  if (paused_) {
    status.state = SourceState::kPaused;
    status.next_attempt = absl::InfiniteFuture();
  } else if (status.state == SourceState::kPaused) {
    status.state = SourceState::kRunning;
    status.detail.clear();
  }
  // The thread that publishes it does so in a moment.
  if (status.state != published) status.state_since = environment_.clock.Now();
  return status;
}

void StatusBoard::Publish(SourceStatus status) {
  status.name = name_;
  status.lane = lane_;
  status.endpoint = endpoint_;
  SourceState before = SourceState::kRunning;
  {
    absl::MutexLock lock(&mu_);
    before = status_.state;
    status.state_since =
        before == status.state ? status_.state_since : environment_.clock.Now();
    status_ = status;
  }
  if (before == status.state) return;
  Tell(before, status);
  if (IsStopped(status.state)) waiter_.OnStopped(lane_);
}

void StatusBoard::Tell(SourceState from, const SourceStatus& status) {
  const absl::Duration now = environment_.clock.Uptime();
  if (from == SourceState::kRunning) not_running_since_ = now;
  DeliveryObserver* const observer = environment_.observer;
  if (observer == nullptr) return;
  StateChange change{.source = name_, .from = from, .to = status.state};
  if (status.state != SourceState::kRunning) {
    change.detail = status.detail;
    return observer->OnStateChange(change);
  }
  change.lasted = now - not_running_since_;
  // All messages of the lane: those that wait are asked for, not counted here,
  // because a restart does not know how many there were.
  constexpr queue::Ticket kAll = {.range = {1, ~queue::Sequence{0} - 1},
                                  .count = 0};
  environment_.queue.GetProgress(
      lane_, kAll,
      [observer, change](const absl::StatusOr<queue::Progress>& progress) {
        StateChange recovery = change;
        if (progress.ok()) recovery.pending = progress->pending;
        observer->OnStateChange(recovery);
      });
}

}  // namespace segrid::deliver

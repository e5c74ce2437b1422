#include "core/deliver/delivery_waiter.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/error_info.h"

namespace segrid::deliver {

void DeliveryWaiter::Add(std::string lane, queue::Ticket ticket,
                         const WaitEnd& end, Done done) {
  if (ticket.count == 0) return done(queue::Progress{});
  std::uint64_t id = 0;
  {
    absl::MutexLock lock(&mu_);
    id = ++last_id_;
    Wait& wait = waits_[id];
    wait = {.lane = std::move(lane),
            .ticket = ticket,
            .done = std::move(done),
            .timer = nullptr,
            .on_stop = nullptr};
    if (end.deadline != absl::InfiniteFuture()) {
      const absl::Duration left = end.deadline - clock_.Now();
      wait.timer = executor_.After(std::max(left, absl::ZeroDuration()),
                                   [weak = weak_from_this(), id] {
                                     if (auto self = weak.lock())
                                       self->OnDeadline(id);
                                   });
    }
  }
  WatchStop(id, end.stop);
  Look(id);
}

void DeliveryWaiter::WatchStop(std::uint64_t id, const std::stop_token& stop) {
  if (!stop.stop_possible()) return;
  // Runs OnStop inline when the stop was asked for already.
  auto on_stop =
      std::make_unique<StopCallback>(stop, [weak = weak_from_this(), id] {
        if (auto self = weak.lock()) self->OnStop(id);
      });
  absl::MutexLock lock(&mu_);
  const auto wait = waits_.find(id);
  // Else the lock goes first, and then the callback.
  if (wait != waits_.end()) wait->second.on_stop = std::move(on_stop);
}

void DeliveryWaiter::OnStop(std::uint64_t id) {
  decltype(waits_)::node_type ended;
  {
    absl::MutexLock lock(&mu_);
    ended = waits_.extract(id);
  }
  if (ended.empty()) return;
  ended.mapped().done(
      base::MakeError(absl::StatusCode::kCancelled, "CALL_ENDED",
                      "the call ended before its events were delivered; they "
                      "stay queued"));
}

void DeliveryWaiter::OnSettled(std::string_view lane, queue::Range range) {
  std::vector<std::uint64_t> touched;
  {
    absl::MutexLock lock(&mu_);
    for (const auto& [id, wait] : waits_) {
      const queue::Range& theirs = wait.ticket.range;
      if (wait.lane == lane && theirs.first <= range.last &&
          range.first <= theirs.last) {
        touched.push_back(id);
      }
    }
  }
  for (const std::uint64_t id : touched) Look(id);
}

void DeliveryWaiter::OnStopped(std::string_view lane) {
  std::vector<std::uint64_t> stopped;
  {
    absl::MutexLock lock(&mu_);
    for (auto& [id, wait] : waits_) {
      if (wait.lane != lane) continue;
      wait.time_is_up = true;
      stopped.push_back(id);
    }
  }
  for (const std::uint64_t id : stopped) Look(id);
}

void DeliveryWaiter::Clear() {
  std::map<std::uint64_t, Wait> dropped;
  absl::MutexLock lock(&mu_);
  dropped.swap(waits_);
}

void DeliveryWaiter::OnDeadline(std::uint64_t id) {
  {
    absl::MutexLock lock(&mu_);
    const auto wait = waits_.find(id);
    if (wait == waits_.end()) return;
    wait->second.time_is_up = true;
  }
  Look(id);
}

void DeliveryWaiter::Look(std::uint64_t id) {
  std::string lane;
  queue::Ticket ticket;
  {
    absl::MutexLock lock(&mu_);
    const auto wait = waits_.find(id);
    if (wait == waits_.end()) return;
    lane = wait->second.lane;
    ticket = wait->second.ticket;
  }
  queue_.GetProgress(
      std::move(lane), ticket,
      [weak = weak_from_this(), id](absl::StatusOr<queue::Progress> progress) {
        if (auto self = weak.lock()) self->OnProgress(id, std::move(progress));
      });
}

void DeliveryWaiter::OnProgress(std::uint64_t id,
                                absl::StatusOr<queue::Progress> progress) {
  // When several look at once, the first that sees the end takes the wait.
  decltype(waits_)::node_type ended;
  {
    absl::MutexLock lock(&mu_);
    const auto wait = waits_.find(id);
    if (wait == waits_.end()) return;
    const bool settled = !progress.ok() || progress->pending == 0;
    if (!settled && !wait->second.time_is_up) return;
    ended = waits_.extract(wait);
  }
  ended.mapped().done(std::move(progress));
}

}  // namespace segrid::deliver

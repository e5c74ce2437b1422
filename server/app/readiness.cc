#include "server/app/readiness.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "core/base/error_info.h"
#include "core/base/thread_name.h"

namespace segrid::app {
namespace {

// A question and whether it was answered. Thread safety: one thread asks; any
// thread answers and looks.
class Pulse {
 public:
  // False while the last question has no answer.
  bool Ask(absl::Time now) {
    if (asked_ != 0) return false;
    asked_ = std::max<std::int64_t>(absl::ToUnixNanos(now), 1);
    return true;
  }
  void Answer() { asked_ = 0; }
  bool IsLate(absl::Time now, absl::Duration patience) const {
    const std::int64_t asked = asked_;
    return asked != 0 && now - absl::FromUnixNanos(asked) > patience;
  }

 private:
  std::atomic<std::int64_t> asked_{0};  // Nanoseconds; 0: nothing is asked.
};

}  // namespace

struct Readiness::State {
  // Not the time of day, which jumps.
  static absl::Time Now() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return absl::TimeFromTimespec(now);
  }

  void SetQueueReason(const absl::StatusOr<queue::StoreStats>& stats) {
    absl::MutexLock lock(&mu);
    queue_reason = !stats.ok()    ? base::ReasonOf(stats.status())
                   : stats->ready ? std::string()
                                  : stats->not_ready_reason;
  }

  Pulse delivery;
  Pulse queue;
  absl::Mutex mu;
  std::string queue_reason ABSL_GUARDED_BY(mu);
};

Readiness::Readiness(ReadinessDeps deps, ReadinessOptions options)
    : deps_(std::move(deps)),
      options_(options),
      state_(std::make_shared<State>()),
      checks_(Checks()),
      queue_thread_("queue watch") {
  state_->SetQueueReason(deps_.queue.GetStoreStats());
  thread_ = std::thread([this] { Run(); });
}

Readiness::~Readiness() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.join();
}

std::vector<httpd::Check> Readiness::Checks() const {
  const absl::Duration patience = options_.patience;
  return {{"serving",
           [&admission = deps_.admission] {
             return std::string(admission.ready() ? "" : "draining");
           }},
          {"delivery",
           [state = state_, patience] {
             return std::string(
                 state->delivery.IsLate(State::Now(), patience)
                     ? "the delivery threads do not answer: something in them "
                       "hangs"
                     : "");
           }},
          {"queue", [state = state_, patience] {
             if (state->queue.IsLate(State::Now(), patience)) {
               return std::string(
                   "the queue does not answer: its disk or database hangs");
             }
             absl::MutexLock lock(&state->mu);
             return state->queue_reason;
           }}};
}

void Readiness::AskDelivery() {
  if (!state_->delivery.Ask(State::Now())) return;
  deps_.delivery.Post([state = state_] { state->delivery.Answer(); });
}

void Readiness::AskQueue() {
  if (!state_->queue.Ask(State::Now())) return;
  queue_thread_.Post([state = state_, &queue = deps_.queue, lane = deps_.lane,
                      on_backups = deps_.on_backups] {
    const absl::StatusOr<queue::StoreStats> stats = queue.GetStoreStats();
    state->SetQueueReason(stats);
    if (stats.ok() && on_backups) on_backups(stats->backups);
    // Settles nothing, but goes the way of all that is written.
    queue.Ack({.lane = lane},
              [state](const absl::Status&) { state->queue.Answer(); });
  });
}

void Readiness::Run() {
  base::NameThread("readiness");
  std::optional<bool> told;
  for (;;) {
    AskDelivery();
    AskQueue();
    if (deps_.on_queue) deps_.on_queue(checks_.back().reason());
    const bool ready =
        std::all_of(checks_.begin(), checks_.end(),
                    [](const auto& check) { return check.reason().empty(); });
    if (deps_.on_change && ready != told) deps_.on_change(ready);
    told = ready;
    absl::MutexLock lock(&mu_);
    if (mu_.AwaitWithTimeout(absl::Condition(&stopping_), options_.interval)) {
      return;
    }
  }
}

}  // namespace segrid::app

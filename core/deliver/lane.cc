#include "core/deliver/lane.h"

#include <algorithm>
#include <utility>

namespace segrid::deliver {
namespace {

// Before the queue is asked again when it failed.
constexpr absl::Duration kQueueRetry = absl::Seconds(1);
// Two clocks read one after the other do not agree on a moment.
constexpr absl::Duration kSlack = absl::Milliseconds(1);

}  // namespace

Lane::Lane(const Environment& environment, const Options& options,
           Source source, SettleWatch& watch)
    : name_(std::move(source.name)),
      max_age_(source.max_age),
      max_in_flight_(source.max_in_flight),
      options_(options),
      clock_(environment.clock),
      queue_(environment.queue),
      executor_(environment.executor),
      watch_(watch),
      latency_(std::move(source.latency)),
      receiver_(std::move(source.receiver)),
      limits_(receiver_->limits()),
      serial_(environment.executor),
      gate_(options, source.requests_per_second, environment.jitter) {
  status_.name = name_;
  status_.endpoint = receiver_->endpoint();
}

void Lane::Post(void (Lane::*step)()) {
  serial_.Post([weak = weak_from_this(), step] {
    if (auto self = weak.lock()) (self.get()->*step)();
  });
}

std::unique_ptr<pool::Timer> Lane::After(absl::Duration delay,
                                         void (Lane::*step)()) {
  return executor_.After(delay, [weak = weak_from_this(), step] {
    if (auto self = weak.lock()) self->Post(step);
  });
}

void Lane::Start() { Post(&Lane::Begin); }

void Lane::Begin() {
  started_ = true;
  subscription_ = queue_.Subscribe(name_, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (self && !self->woken_.exchange(true)) self->Post(&Lane::OnReady);
  });
  hungry_ = true;
  Pump();
}

void Lane::Pause() {
  paused_ = true;
  serial_.Post([self = shared_from_this()] {
    self->gate_.Pause();
    self->Pump();
  });
}

void Lane::Resume() {
  paused_ = false;
  serial_.Post([self = shared_from_this()] {
    self->gate_.Resume();
    self->hungry_ = true;
    self->Pump();
  });
}

void Lane::Drain(std::function<void()> done) {
  serial_.Post([self = shared_from_this(), done = std::move(done)] {
    self->draining_ = true;
    self->drained_ = done;
    self->Halt();
    self->Pump();
  });
}

void Lane::Halt() {
  subscription_.reset();
  linger_timer_.reset();
  gate_timer_.reset();
  due_timer_.reset();
}

void Lane::Abandon() {
  Halt();
  waiting_.clear();
  drained_ = nullptr;
  serial_.Abandon();
}

void Lane::OnReady() {
  if (!draining_) linger_timer_ = After(options_.linger, &Lane::OnLinger);
}

void Lane::OnLinger() {
  // Before the Take: what comes from now on must wake the lane again.
  woken_ = false;
  hungry_ = true;
  Pump();
}

void Lane::OnDue() {
  due_timer_.reset();
  hungry_ = true;
  Pump();
}

void Lane::Pump() {
  while (PumpOnce()) {
  }
  // Before whoever hears of the end reads the counts.
  Publish();
  if (draining_ && in_flight_ == 0 && drained_ != nullptr) {
    std::exchange(drained_, nullptr)();
  }
}

bool Lane::WantsToTake() const {
  // After a failure, one batch shows whether it is over.
  const std::int32_t allowed = gate_.probing() ? 1 : max_in_flight_;
  return started_ && hungry_ && !taking_ && !draining_ && in_flight_ < allowed;
}

bool Lane::PumpOnce() {
  const absl::Duration now = clock_.Uptime();
  if (!waiting_.empty() && (draining_ || gate_.Held(now))) {
    // It may take long: the messages wait better in the queue.
    const FlightPtr flight = waiting_.front();
    waiting_.pop_front();
    PutBackRest(flight);
    return true;
  }
  if (waiting_.empty() && !WantsToTake()) return false;

  const absl::Duration wait = gate_.WaitFor(now);
  if (wait > absl::ZeroDuration()) {
    gate_timer_ =
        wait == absl::InfiniteDuration() ? nullptr : After(wait, &Lane::Pump);
    return false;
  }
  const std::int64_t epoch = gate_.Begin();
  if (waiting_.empty()) {
    Take(epoch);
  } else {
    const FlightPtr flight = waiting_.front();
    waiting_.pop_front();
    SendNext(flight, epoch);
  }
  return true;
}

void Lane::Take(std::int64_t epoch) {
  taking_ = true;
  hungry_ = false;
  ++in_flight_;
  queue_.Take(
      {.lane = name_,
       .max_messages = limits_.max_batch_messages,
       .max_bytes = limits_.max_batch_bytes,
       .lease = options_.lease},
      [self = shared_from_this(), epoch](absl::StatusOr<queue::Lease> lease) {
        auto taken =
            std::make_shared<absl::StatusOr<queue::Lease>>(std::move(lease));
        self->serial_.Post(
            [self, epoch, taken] { self->OnTaken(epoch, *std::move(taken)); });
      });
}

void Lane::OnTaken(std::int64_t epoch, absl::StatusOr<queue::Lease> lease) {
  taking_ = false;
  if (!lease.ok()) return OnTakeFailed(lease.status());
  queue_error_.clear();
  hungry_ = hungry_ || lease->more;
  if (lease->next_due != absl::InfiniteFuture()) WakeAt(lease->next_due);
  if (lease->messages.empty()) {
    gate_.Cancel();
    --in_flight_;
    return Pump();
  }
  const auto flight =
      std::make_shared<Flight>(*std::move(lease), clock_.Uptime());
  ++flight->busy;
  Sift(flight);
  if (draining_ || flight->pieces.empty() || gate_.Held(clock_.Uptime())) {
    gate_.Cancel();
    PutBackRest(flight);
  } else {
    SendNext(flight, epoch);
  }
  Answered(flight);
  Pump();
}

void Lane::OnTakeFailed(const absl::Status& error) {
  gate_.Cancel();
  --in_flight_;
  queue_error_ = std::string(error.message());
  WakeAt(clock_.Now() + kQueueRetry);
  Pump();
}

void Lane::WakeAt(absl::Time due) {
  const absl::Duration left =
      std::max(due - clock_.Now(), absl::ZeroDuration());
  const absl::Duration at = clock_.Uptime() + left;
  // A timer that fires too early only looks; to move it for every lease would
  // wake a thread each time.
  if (draining_ || (due_timer_ != nullptr && due_at_ <= at + kSlack)) return;
  due_at_ = at;
  due_timer_ = After(left, &Lane::OnDue);
}

void Lane::Sift(const FlightPtr& flight) {
  const absl::Time too_old = clock_.Now() - max_age_;
  std::vector<std::size_t> old;
  std::vector<std::size_t> large;
  std::vector<std::size_t> good;
  const auto& messages = flight->lease().messages;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].accepted_time <= too_old) {
      old.push_back(i);
    } else if (std::ssize(messages[i].track) > limits_.max_message_bytes) {
      large.push_back(i);
    } else {
      good.push_back(i);
    }
  }
  GiveUp(flight, old,
         {.reason = std::string(queue::kReasonExpired),
          .answer = last_answer_,
          .attempts = 0});
  GiveUp(flight, large,
         {.reason = std::string(queue::kReasonTooLarge),
          .answer = "",
          .attempts = 0});
  flight->Choose(std::move(good), cuts_);
}

SourceStatus Lane::status() const {
  absl::MutexLock lock(&status_mu_);
  SourceStatus status = status_;
  if (paused_) {
    status.state = SourceState::kPaused;
    status.next_attempt = absl::InfiniteFuture();
  } else if (status.state == SourceState::kPaused) {
    status.state = SourceState::kRunning;
    status.detail.clear();
  }
  return status;
}

void Lane::Publish() {
  const bool stuck =
      !queue_error_.empty() && gate_.state() == SourceState::kRunning;
  const absl::Duration left = gate_.next_attempt() - clock_.Uptime();
  absl::MutexLock lock(&status_mu_);
  status_.state = stuck ? SourceState::kBackingOff : gate_.state();
  status_.detail = stuck ? queue_error_ : gate_.detail();
  // What is over waits for nothing but messages.
  status_.next_attempt = left > absl::ZeroDuration() ? clock_.Now() + left
                                                     : absl::InfiniteFuture();
  status_.in_flight = in_flight_ - (taking_ ? 1 : 0);
  status_.attempts = attempts_;
  status_.failed_attempts = failed_attempts_;
  status_.messages_sent = messages_sent_;
}

}  // namespace segrid::deliver

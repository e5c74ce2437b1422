#include "core/deliver/source_deliverer.h"

#include <algorithm>
#include <utility>

#include "core/deliver/delivery_observer.h"

namespace segrid::deliver {
namespace {

using receivers::SendResult;

// Before the queue is asked again when it failed.
constexpr absl::Duration kQueueRetry = absl::Seconds(1);
// Two clocks read one after the other do not agree on a moment.
constexpr absl::Duration kSlack = absl::Milliseconds(1);
// A loan that is so old a part of its time is renewed; looked at as often.
constexpr int kRenewalsPerLease = 4;

// The time before messages that are too old are dead-lettered again, when there
// was no room for their dead letters: while nothing is sent, and while others
// are sent.
constexpr absl::Duration kNoRoomRetry = absl::Minutes(1);
constexpr absl::Duration kNoRoomDeferral = absl::Minutes(5);

// No batch has more messages than a second may have.
receivers::Limits WithinRate(receivers::Limits limits,
                             double events_per_second) {
  if (events_per_second <= 0) return limits;
  limits.max_batch_messages = static_cast<std::int32_t>(std::clamp(
      events_per_second, 1.0, static_cast<double>(limits.max_batch_messages)));
  return limits;
}

constexpr queue::Sequence kLastSequence = ~queue::Sequence{0} - 1;

}  // namespace

SourceDeliverer::SourceDeliverer(const Environment& environment,
                                 const Options& options, Source source,
                                 DeliveryWaiter& waiter)
    : name_(source.name),
      lane_(source.lane.empty() ? source.name : source.lane),
      max_age_(source.max_age),
      expire_while_paused_(source.expire_while_paused),
      max_in_flight_(source.max_in_flight),
      options_(options),
      clock_(environment.clock),
      queue_(environment.queue),
      executor_(environment.executor),
      observer_(environment.observer),
      waiter_(waiter),
      latency_(source.latency),
      receiver_(std::move(source.receiver)),
      limits_(WithinRate(receiver_->limits(), source.events_per_second)),
      serial_(environment.executor),
      board_(name_, lane_, receiver_->endpoint(), environment, waiter),
      policy_(options, source, limits_, environment.jitter) {}

void SourceDeliverer::Post(void (SourceDeliverer::*step)()) {
  serial_.Post([weak = weak_from_this(), step] {
    if (auto self = weak.lock()) (self.get()->*step)();
  });
}

std::unique_ptr<pool::Timer> SourceDeliverer::After(
    absl::Duration delay, void (SourceDeliverer::*step)()) {
  return executor_.After(delay, [weak = weak_from_this(), step] {
    if (auto self = weak.lock()) self->Post(step);
  });
}

void SourceDeliverer::Start() {
  serial_.Post([self = shared_from_this()] {
    self->started_ = true;
    self->subscription_ =
        self->queue_.Subscribe(self->lane_, [weak = self->weak_from_this()] {
          auto woken = weak.lock();
          if (woken && !woken->woken_.exchange(true)) {
            woken->Post(&SourceDeliverer::OnReady);
          }
        });
    self->hungry_ = true;
    self->Pump();
  });
}

void SourceDeliverer::Adopt(std::vector<queue::Sequence> messages) {
  serial_.Post([self = shared_from_this(), messages = std::move(messages)] {
    self->policy_.evidence().Adopt(messages);
  });
}

std::vector<queue::Sequence> SourceDeliverer::PutOff() const {
  return policy_.evidence().Suspects();
}

void SourceDeliverer::Pause() {
  board_.SetPaused(true);
  serial_.Post([self = shared_from_this()] {
    self->policy_.throttle().Pause();
    // Nobody knows how old the oldest message is.
    if (self->expire_while_paused_) self->ExpireAt(self->clock_.Now());
    self->Pump();
  });
}

void SourceDeliverer::Resume() {
  board_.SetPaused(false);
  serial_.Post([self = shared_from_this()] {
    self->policy_.Resume();
    self->hungry_ = true;
    self->Pump();
  });
}

void SourceDeliverer::Drain(std::function<void()> done) {
  serial_.Post([self = shared_from_this(), done = std::move(done)] {
    self->draining_ = true;
    self->drained_ = done;
    self->Halt();
    self->Pump();
  });
}

void SourceDeliverer::Halt() {
  subscription_.reset();
  linger_timer_.reset();
  throttle_timer_.reset();
  due_timer_.reset();
}

void SourceDeliverer::Abandon() {
  Halt();
  renew_timer_.reset();
  waiting_.clear();
  batches_.clear();
  expiring_ = nullptr;
  splitting_ = nullptr;
  drained_ = nullptr;
  serial_.Abandon();
}

void SourceDeliverer::OnReady() {
  if (!draining_) {
    linger_timer_ = After(options_.linger, &SourceDeliverer::OnLinger);
  }
}

void SourceDeliverer::OnLinger() {
  // Before the Take: messages that come from now on must wake the source again.
  woken_ = false;
  hungry_ = true;
  policy_.throttle().OnArrival(clock_.Uptime());
  ExpireAt(clock_.Now() + max_age_);
  Pump();
}

void SourceDeliverer::OnDue() {
  due_timer_.reset();
  hungry_ = true;
  // They may be due because they are too old.
  ExpireAt(clock_.Now());
  Pump();
}

void SourceDeliverer::OnRenew() {
  renew_timer_.reset();
  if (batches_.empty()) return;
  const absl::Duration now = clock_.Uptime();
  for (const BatchPtr& batch : batches_) {
    if (now - batch->renewed_at + kSlack < options_.lease / kRenewalsPerLease) {
      continue;
    }
    batch->renewed_at = now;
    // When the loan has run out already, the messages go out twice: allowed,
    // and removed by their ids.
    queue_.Renew(lane_, batch->lease().id, options_.lease,
                 [](const absl::Status&) {});
  }
  renew_timer_ =
      After(options_.lease / kRenewalsPerLease, &SourceDeliverer::OnRenew);
}

void SourceDeliverer::Pump() {
  while (PumpOnce()) {
  }
  // Before whoever hears of the end reads the counts.
  Publish();
  if (draining_ && in_flight_ == 0 && drained_ != nullptr) {
    std::exchange(drained_, nullptr)();
  }
}

bool SourceDeliverer::WantsToTake() const {
  const auto& throttle = policy_.throttle();
  const auto& evidence = policy_.evidence();
  // After a failure, or a refusal, one batch shows whether it is over.
  const std::int32_t allowed =
      throttle.probing() || evidence.refusing() ? 1 : max_in_flight_;
  const bool wants = hungry_ || (evidence.has_to_check() && !throttle.held());
  return started_ && wants && !taking_ && !draining_ && in_flight_ < allowed;
}

bool SourceDeliverer::MaySendNext() {
  if (!policy_.evidence().refusing()) return true;
  if (posts_ > 0) return false;
  if (splitting_ == nullptr) return true;
  const auto split = std::find(waiting_.begin(), waiting_.end(), splitting_);
  if (split == waiting_.end()) return false;  // It is being settled.
  std::iter_swap(waiting_.begin(), split);
  return true;
}

bool SourceDeliverer::PumpOnce() {
  DeliveryThrottle& throttle = policy_.throttle();
  const Moment moment = Now();
  const bool closed = throttle.Closed(moment.uptime);
  if (!waiting_.empty() && (draining_ || closed)) {
    // It may take long: the messages wait better in the queue.
    const BatchPtr batch = waiting_.front();
    waiting_.pop_front();
    PutBackRest(batch);
    return true;
  }
  const bool may_expire = started_ && !draining_ && closed && !taking_ &&
                          expiring_ == nullptr &&
                          (!throttle.paused() || expire_while_paused_);
  const absl::Time expire_at = std::max(expire_at_, no_room_until_);
  if (may_expire && expire_at <= moment.now) {
    Take({.kind = Purpose::Kind::kExpire});
    return true;
  }
  const bool wants = waiting_.empty() ? WantsToTake() : MaySendNext();
  absl::Duration wait =
      wants ? throttle.WaitFor(moment.uptime) : absl::InfiniteDuration();
  if (wait > absl::ZeroDuration()) {
    if (may_expire) wait = std::min(wait, expire_at - moment.now);
    throttle_timer_ = wait == absl::InfiniteDuration()
                          ? nullptr
                          : After(wait, &SourceDeliverer::Pump);
    return false;
  }
  const std::int64_t epoch = throttle.Begin(moment.uptime);
  if (waiting_.empty()) {
    Purpose purpose = NextPurpose();
    purpose.epoch = epoch;
    Take(purpose);
  } else {
    const BatchPtr batch = waiting_.front();
    waiting_.pop_front();
    SendNext(batch, epoch);
  }
  return true;
}

SourceDeliverer::Purpose SourceDeliverer::NextPurpose() {
  if (policy_.throttle().held()) return {.kind = Purpose::Kind::kProbe};
  // In turn, so that many suspects do not delay what comes.
  if (!hungry_ || !checked_last_) {
    if (const auto suspect = policy_.evidence().NextToCheck()) {
      return {.kind = Purpose::Kind::kCheck, .message = *suspect};
    }
  }
  return {};
}

void SourceDeliverer::Take(Purpose purpose) {
  queue::TakeRequest request{
      .lane = lane_,
      .max_messages = limits_.max_batch_messages,
      .max_bytes = policy_.MaxBatchBytes(clock_.Uptime()),
      .lease = options_.lease};
  switch (purpose.kind) {
    case Purpose::Kind::kDeliver:
      hungry_ = false;
      break;
    case Purpose::Kind::kCheck:
      request.only = {purpose.message, purpose.message};
      break;
    case Purpose::Kind::kProbe:
      hungry_ = false;
      // A batch of them, because the first may be too old to be sent.
      request.only = {probed_ + 1, kLastSequence};
      break;
    case Purpose::Kind::kExpire:
      expire_at_ = absl::InfiniteFuture();
      break;
  }
  checked_last_ = purpose.kind == Purpose::Kind::kCheck;
  taking_ = true;
  ++in_flight_;
  queue_.Take(std::move(request), [self = shared_from_this(), purpose](
                                      absl::StatusOr<queue::Lease> lease) {
    auto taken =
        std::make_shared<absl::StatusOr<queue::Lease>>(std::move(lease));
    self->serial_.Post(
        [self, purpose, taken] { self->OnTaken(purpose, *std::move(taken)); });
  });
}

void SourceDeliverer::OnTaken(const Purpose& purpose,
                              absl::StatusOr<queue::Lease> lease) {
  using Kind = Purpose::Kind;
  taking_ = false;
  if (!lease.ok()) return OnTakeFailed(purpose, lease.status());
  queue_error_.clear();
  if (purpose.kind != Kind::kCheck) hungry_ = hungry_ || lease->more;
  if (lease->next_due != absl::InfiniteFuture()) WakeAt(lease->next_due);
  if (lease->messages.empty()) return OnNothingTaken(purpose);
  const bool more = lease->more;
  const auto batch =
      std::make_shared<InFlightBatch>(*std::move(lease), clock_.Uptime());
  ++batch->busy;
  batches_.insert(batch);
  if (renew_timer_ == nullptr) {
    renew_timer_ =
        After(options_.lease / kRenewalsPerLease, &SourceDeliverer::OnRenew);
  }
  if (purpose.kind == Kind::kExpire) expiring_ = batch;
  const bool asked_for =
      purpose.kind == Kind::kCheck || purpose.kind == Kind::kProbe;
  Apply(batch, policy_.Sort(*batch, clock_.Now(), asked_for));
  if (purpose.kind == Kind::kProbe) {
    Apply(batch, policy_.ChooseProbe(*batch, probed_));
  }
  const bool sends = purpose.kind != Kind::kExpire && !draining_ &&
                     !batch->splitter.empty() &&
                     !policy_.throttle().Closed(clock_.Uptime());
  if (sends) {
    SendNext(batch, purpose.epoch);
  } else {
    if (purpose.kind != Kind::kExpire) policy_.throttle().Cancel();
    if (purpose.kind == Kind::kExpire && batch->splitter.empty() && more) {
      ExpireAt(clock_.Now());  // There may be more of them.
    }
    PutBackRest(batch);
  }
  Answered(batch);
  Pump();
}

void SourceDeliverer::OnNothingTaken(const Purpose& purpose) {
  --in_flight_;
  if (purpose.kind != Purpose::Kind::kExpire) policy_.throttle().Cancel();
  if (purpose.kind == Purpose::Kind::kCheck) {
    policy_.evidence().Forget(purpose.message);
  }
  if (purpose.kind == Purpose::Kind::kProbe && probed_ > 0) {
    // All that wait were probed: from the first again.
    probed_ = 0;
    hungry_ = true;
  }
  Pump();
}

void SourceDeliverer::OnTakeFailed(const Purpose& purpose,
                                   const absl::Status& error) {
  --in_flight_;
  if (purpose.kind != Purpose::Kind::kExpire) policy_.throttle().Cancel();
  if (purpose.kind == Purpose::Kind::kCheck) {
    policy_.evidence().CheckAgain(purpose.message);
  }
  queue_error_ = std::string(error.message());
  WakeAt(clock_.Now() + kQueueRetry);
  Pump();
}

void SourceDeliverer::WakeAt(absl::Time due) {
  const absl::Duration left =
      std::max(due - clock_.Now(), absl::ZeroDuration());
  const absl::Duration at = clock_.Uptime() + left;
  // A timer that fires too early only looks; to move it for every lease would
  // wake a thread each time.
  if (draining_ || (due_timer_ != nullptr && due_at_ <= at + kSlack)) return;
  due_at_ = at;
  due_timer_ = After(left, &SourceDeliverer::OnDue);
}

void SourceDeliverer::ExpireAt(absl::Time time) {
  expire_at_ = std::min(expire_at_, time);
}

void SourceDeliverer::SendNext(const BatchPtr& batch, std::int64_t epoch) {
  const Attempt attempt = {.post = policy_.evidence().BeginPost(),
                           .epoch = epoch,
                           .plain_trial = batch->plain_next};
  batch->plain_next = false;
  const Piece piece = batch->splitter.Next();
  policy_.throttle().Spend(piece.size());
  ++batch->busy;
  ++attempts_;
  ++posts_;
  receivers::Batch request = batch->BatchOf(piece);
  request.plain = attempt.plain_trial || policy_.compression_off();
  receiver_->Send(std::move(request), [self = shared_from_this(), batch, piece,
                                       attempt](SendResult result) {
    auto shared = std::make_shared<SendResult>(std::move(result));
    self->serial_.Post([self, batch, piece, attempt, shared] {
      self->OnSent(batch, piece, attempt, *shared);
    });
  });
}

void SourceDeliverer::OnSent(const BatchPtr& batch, const Piece& piece,
                             const Attempt& attempt, const SendResult& result) {
  --posts_;
  failed_attempts_ += result.verdict == receivers::Verdict::kDelivered ? 0 : 1;
  const bool was_held = policy_.throttle().held();
  const Outcome outcome = policy_.Decide(*batch, piece, attempt, result, Now());
  if (was_held != policy_.throttle().held()) {
    probed_ = 0;
    hungry_ = true;  // Probes were of one message each.
  }
  if (outcome.compression_off && observer_ != nullptr) {
    observer_->OnCompressionOff(name_);
  }
  for (const receivers::ChangedValues& changed : result.changed_values) {
    if (observer_ == nullptr) break;
    observer_->OnValuesChanged(name_, changed.reason, changed.count);
  }
  if (!policy_.evidence().refusing()) {
    splitting_ = nullptr;
  } else if (splitting_ == nullptr) {
    splitting_ = batch;
  }
  CountDelivered(batch, outcome.delivered);
  Apply(batch, outcome);
  if (outcome.put_back_rest) PutBackRest(batch);
  Answered(batch);
  Pump();
}

void SourceDeliverer::CountDelivered(const BatchPtr& batch,
                                     const Outcome::Places& places) {
  messages_sent_ += std::ssize(places);
  if (latency_ == nullptr) return;
  const absl::Time now = clock_.Now();
  for (const std::size_t place : places) {
    latency_->Observe(
        std::max(now - batch->lease().messages[place].accepted_time,
                 absl::ZeroDuration()));
  }
}

void SourceDeliverer::Apply(const BatchPtr& batch, const Outcome& outcome) {
  const auto settled = [this, &batch](const Outcome::Places& places) {
    const auto& messages = batch->lease().messages;
    return queue::Range{messages[places.front()].sequence,
                        messages[places.back()].sequence};
  };
  if (!outcome.delivered.empty()) {
    queue_.Ack(batch->SettlementOf(lane_, outcome.delivered),
               CallDone(batch, [this, range = settled(outcome.delivered)] {
                 waiter_.OnSettled(lane_, range);
               }));
  }
  for (const Outcome::GivenUp& given_up : outcome.given_up) {
    GiveUp(batch, given_up);
  }
  for (const Outcome::PutBack& put_back : outcome.put_back) {
    for (const std::size_t place : put_back.places) {
      ExpireAt(batch->lease().messages[place].accepted_time + max_age_);
    }
    if (put_back.deferral.not_before > clock_.Now()) {
      WakeAt(put_back.deferral.not_before);
    }
    queue_.Defer(batch->SettlementOf(lane_, put_back.places), put_back.deferral,
                 CallDone(batch, [this] { hungry_ = true; }));
  }
}

void SourceDeliverer::GiveUp(const BatchPtr& batch,
                             const Outcome::GivenUp& given_up) {
  const auto& messages = batch->lease().messages;
  const queue::Range range{messages[given_up.places.front()].sequence,
                           messages[given_up.places.back()].sequence};
  queue_.DeadLetter(batch->SettlementOf(lane_, given_up.places), given_up.death,
                    CallDone(
                        batch,
                        [this, range, reason = given_up.death.reason,
                         count = std::ssize(given_up.places)] {
                          no_room_ = false;
                          no_room_until_ = absl::InfinitePast();
                          waiter_.OnSettled(lane_, range);
                          if (observer_ != nullptr) {
                            observer_->OnGivenUp(name_, reason, count);
                          }
                        },
                        [this, batch, range, given_up] {
                          waiter_.OnSettled(lane_, range);  // A part of them.
                          OnNoRoom(batch, given_up);
                        }));
}

void SourceDeliverer::OnNoRoom(const BatchPtr& batch,
                               const Outcome::GivenUp& given_up) {
  no_room_ = true;
  const absl::Time now = clock_.Now();
  no_room_until_ = now + kNoRoomRetry;
  ExpireAt(no_room_until_);
  for (const std::size_t place : given_up.places) {
    policy_.Condemn(batch->lease().messages[place].sequence, given_up.death);
  }
  // Behind what can be sent, so that it does not wait for them. Those that
  // became dead letters are not on loan any more.
  const bool closed = policy_.throttle().Closed(clock_.Uptime());
  const absl::Time due = closed ? absl::InfinitePast() : now + kNoRoomDeferral;
  if (!closed) WakeAt(due);
  queue_.Defer(batch->SettlementOf(lane_, given_up.places),
               {.not_before = due, .attempts = 0},
               CallDone(batch, [this] { hungry_ = true; }));
}

void SourceDeliverer::PutBackRest(const BatchPtr& batch) {
  ++batch->busy;
  Apply(batch, policy_.PutBackRest(*batch));
  Answered(batch);
}

queue::Queue::Done SourceDeliverer::CallDone(const BatchPtr& batch,
                                             std::function<void()> after,
                                             std::function<void()> no_room) {
  ++batch->busy;
  return [self = shared_from_this(), batch, after = std::move(after),
          no_room = std::move(no_room)](absl::Status status) {
    self->serial_.Post([self, batch, after, no_room, status] {
      if (status.ok()) {
        after();
      } else if (absl::IsResourceExhausted(status) && no_room != nullptr) {
        no_room();
      } else {
        // It is made up for when the loan has run out, because the messages are
        // lent again then.
        self->queue_error_ = std::string(status.message());
        self->WakeAt(self->clock_.Now() + self->options_.lease);
      }
      self->Answered(batch);
    });
  };
}

void SourceDeliverer::Answered(const BatchPtr& batch) {
  if (--batch->busy > 0) return;
  if (batch->splitter.empty()) {
    --in_flight_;
    batches_.erase(batch);
    if (expiring_ == batch) expiring_ = nullptr;
    if (splitting_ == batch) splitting_ = nullptr;
  } else {
    waiting_.push_back(batch);
  }
  Pump();
}

void SourceDeliverer::Publish() {
  const DeliveryThrottle& throttle = policy_.throttle();
  const bool stuck =
      !queue_error_.empty() && throttle.state() == SourceState::kRunning;
  const absl::Duration left = throttle.next_attempt() - clock_.Uptime();
  SourceStatus status;
  status.state = stuck ? SourceState::kBackingOff : throttle.state();
  status.detail = stuck ? queue_error_ : policy_.detail();
  if (status.detail.empty() && no_room_) {
    status.detail =
        "the dead letters are full: messages that are to become dead letters "
        "stay pending; replay or purge dead letters";
  }
  status.last_answer = policy_.last_answer();
  status.dead_letters_full = no_room_;
  status.max_age = max_age_;
  // An attempt that is over waits for nothing but messages.
  status.next_attempt = left > absl::ZeroDuration() ? clock_.Now() + left
                                                    : absl::InfiniteFuture();
  status.in_flight = in_flight_ - (taking_ ? 1 : 0);
  status.attempts = attempts_;
  status.failed_attempts = failed_attempts_;
  status.messages_sent = messages_sent_;
  board_.Publish(std::move(status));
}

}  // namespace segrid::deliver

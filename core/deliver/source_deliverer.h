// The delivery loop of one source.

#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/deliver/delivery_options.h"
#include "core/deliver/delivery_waiter.h"
#include "core/deliver/in_flight_batch.h"
#include "core/deliver/outcome_policy.h"
#include "core/deliver/status_board.h"
#include "core/pool/serial.h"
#include "core/queue/queue.h"

namespace segrid::deliver {

// Takes batches while there is something to take, the throttle is open and not
// too many are in flight; else it sleeps until the queue, a timer or an answer
// wakes it.
//
// Ownership:     held by a std::shared_ptr, which tasks and answers keep.
// Thread safety: the public methods from any thread. Everything else runs on
//                `serial_`, one task at a time.
// Blocking:      never.
class SourceDeliverer : public std::enable_shared_from_this<SourceDeliverer> {
 public:
  // The objects of `environment` and `waiter` must outlive the last task.
  SourceDeliverer(const Environment& environment, const Options& options,
                  Source source, DeliveryWaiter& waiter);

  void Start();
  void Pause();
  void Resume();
  // Suspects of the deliverer before this one, which the queue keeps back:
  // nothing is known of them any more. Before Start().
  void Adopt(std::vector<queue::Sequence> messages);
  // The suspects of this one. Inside the `done` of Drain().
  std::vector<queue::Sequence> PutOff() const;
  // Takes no more and runs `done` when nothing is in flight.
  void Drain(std::function<void()> done);
  // Forgets everything that waits; for the end, when no tasks run.
  void Abandon();

  SourceStatus status() const { return board_.Get(); }
  const std::string& lane() const { return lane_; }
  // The operator's last word.
  bool paused() const { return board_.paused(); }

 private:
  using BatchPtr = std::shared_ptr<InFlightBatch>;

  // Why messages are taken out of the queue.
  struct Purpose {
    enum class Kind : std::uint8_t {
      kDeliver,
      kCheck,   // A suspect is to be sent alone.
      kProbe,   // One message, because the source is held.
      kExpire,  // Nothing is sent: those that are too old become dead letters.
    };
    Kind kind = Kind::kDeliver;
    queue::Sequence message = 0;  // kCheck: that suspect.
    std::int64_t epoch = 0;       // The epoch of the next attempt.
  };

  Moment Now() const { return {clock_.Now(), clock_.Uptime()}; }
  // Runs `step` on serial_, if the source is still there.
  void Post(void (SourceDeliverer::*step)());
  // A timer that runs `step`; the timer's owner may drop it.
  std::unique_ptr<pool::Timer> After(absl::Duration delay,
                                     void (SourceDeliverer::*step)());

  // The loop: does whatever can be done now.
  void Pump();
  bool PumpOnce();
  bool WantsToTake() const;
  // Whether the first of those that wait may go now. While everything is
  // refused, one batch is split to its end before another: that one is first.
  bool MaySendNext();
  void OnReady();
  void OnLinger();
  void OnDue();
  void OnRenew();
  void Halt();

  Purpose NextPurpose();
  void Take(Purpose purpose);
  void OnTaken(const Purpose& purpose, absl::StatusOr<queue::Lease> lease);
  void OnNothingTaken(const Purpose& purpose);
  void OnTakeFailed(const Purpose& purpose, const absl::Status& error);
  // Takes again at `due`, or before.
  void WakeAt(absl::Time due);
  // Looks for messages that are too old at `time`, or before.
  void ExpireAt(absl::Time time);

  // One attempt of a batch's next piece.
  void SendNext(const BatchPtr& batch, std::int64_t epoch);
  void OnSent(const BatchPtr& batch, const Piece& piece, const Attempt& attempt,
              const receivers::SendResult& result);
  // Settles in the queue; the batch goes on when all of that is done.
  void Apply(const BatchPtr& batch, const Outcome& outcome);
  void GiveUp(const BatchPtr& batch, const Outcome::GivenUp& given_up);
  void OnNoRoom(const BatchPtr& batch, const Outcome::GivenUp& given_up);
  void PutBackRest(const BatchPtr& batch);
  void CountDelivered(const BatchPtr& batch, const Outcome::Places& places);
  // For a call of the queue: `after` runs on serial_ when it succeeded, and
  // `no_room` when there was no room.
  queue::Queue::Done CallDone(const BatchPtr& batch,
                              std::function<void()> after,
                              std::function<void()> no_room = nullptr);
  // One call of the batch is answered. With the last of them it ends, or waits
  // for its next turn.
  void Answered(const BatchPtr& batch);

  void Publish();

  const std::string name_;
  const std::string lane_;
  const absl::Duration max_age_;
  const bool expire_while_paused_;
  const std::int32_t max_in_flight_;
  const Options options_;
  base::Clock& clock_;
  queue::Queue& queue_;
  pool::Executor& executor_;
  DeliveryObserver* const observer_;
  DeliveryWaiter& waiter_;
  const std::shared_ptr<metrics::Histogram> latency_;
  const std::unique_ptr<receivers::Receiver> receiver_;
  const receivers::Limits limits_;
  pool::Serial serial_;
  StatusBoard board_;

  // True from the queue's call until the linger is over: later calls add
  // nothing. Set by any thread.
  std::atomic<bool> woken_ = false;

  // On serial_ only.
  OutcomePolicy policy_;
  bool started_ = false;
  bool draining_ = false;
  bool taking_ = false;
  bool hungry_ = false;         // There may be something to take.
  bool checked_last_ = false;   // The last Take was for a suspect.
  queue::Sequence probed_ = 0;  // The message of the last probe.
  std::int32_t in_flight_ = 0;
  std::int32_t posts_ = 0;        // Posts without an answer.
  std::set<BatchPtr> batches_;    // Those in flight.
  std::deque<BatchPtr> waiting_;  // Some of them, for their turn.
  // The one that is split while everything is refused.
  BatchPtr splitting_;
  std::unique_ptr<queue::Subscription> subscription_;
  std::unique_ptr<pool::Timer> linger_timer_;
  std::unique_ptr<pool::Timer> throttle_timer_;
  std::unique_ptr<pool::Timer> renew_timer_;
  std::unique_ptr<pool::Timer> due_timer_;
  absl::Duration due_at_{};  // When that fires, by base::Clock::Uptime().
  // When messages that are not attempted may be too old.
  absl::Time expire_at_ = absl::InfiniteFuture();
  // Not before, because there is no room for their dead letters.
  absl::Time no_room_until_ = absl::InfinitePast();
  bool no_room_ = false;
  BatchPtr expiring_;  // From the last look, until it is settled.
  std::function<void()> drained_;
  std::string queue_error_;
  std::int64_t attempts_ = 0;
  std::int64_t failed_attempts_ = 0;
  std::int64_t messages_sent_ = 0;
};

}  // namespace segrid::deliver

// The delivery loop of one source.

#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/deliver/deliverer.h"
#include "core/deliver/flight.h"
#include "core/deliver/gate.h"
#include "core/deliver/settle_watch.h"
#include "core/pool/serial.h"
#include "core/queue/queue.h"

namespace segrid::deliver {

// Takes batches while there is something to take, the gate is open and not too
// many are in flight; else it sleeps until the queue, a timer or an answer
// wakes it.
//
// Ownership:     held by a std::shared_ptr, which tasks and answers keep.
// Thread safety: the public methods from any thread. Everything else runs on
//                `serial_`, one task at a time.
// Blocking:      never.
class Lane : public std::enable_shared_from_this<Lane> {
 public:
  // `environment` and `watch` must outlive the last task.
  Lane(const Environment& environment, const Options& options, Source source,
       SettleWatch& watch);

  void Start();
  void Pause();
  void Resume();
  // Takes no more and runs `done` when nothing is in flight.
  void Drain(std::function<void()> done);
  // Forgets everything that waits; for the end, when no tasks run.
  void Abandon();

  SourceStatus status() const;
  // What the operator said last.
  bool paused() const { return paused_; }

 private:
  using FlightPtr = std::shared_ptr<Flight>;

  // Runs `step` on serial_, if the lane is still there.
  void Post(void (Lane::*step)());

  // A timer that runs `step`; the timer's owner may drop it.
  std::unique_ptr<pool::Timer> After(absl::Duration delay,
                                     void (Lane::*step)());

  // The loop: does whatever can be done now.
  void Pump();
  bool PumpOnce();
  bool WantsToTake() const;
  void OnReady();
  void OnLinger();
  void OnDue();
  void Begin();
  void Halt();

  void Take(std::int64_t epoch);
  void OnTaken(std::int64_t epoch, absl::StatusOr<queue::Lease> lease);
  void OnTakeFailed(const absl::Status& error);
  // Takes again at `due`, or before.
  void WakeAt(absl::Time due);
  // Gives up what is too old or too large, and chooses the rest.
  void Sift(const FlightPtr& flight);

  // lane_answers.cc: one attempt of a flight's next piece, and what follows.
  void SendNext(const FlightPtr& flight, std::int64_t epoch);
  void OnSent(const FlightPtr& flight, Piece piece, std::int64_t epoch,
              receivers::SendResult result);
  void Follow(const FlightPtr& flight, const Piece& piece,
              const receivers::SendResult& result);
  void TellGate(std::int64_t epoch, const receivers::SendResult& result);
  void RenewIfOld(const FlightPtr& flight);

  // Settles in the queue; the flight goes on when all of that is done.
  void Delivered(const FlightPtr& flight, const Piece& piece,
                 const receivers::SendResult& result);
  void GiveUp(const FlightPtr& flight, const std::vector<std::size_t>& places,
              queue::Death death);
  void PutBack(const FlightPtr& flight, const Piece& piece,
               std::int32_t attempts);
  void PutBackRest(const FlightPtr& flight);
  queue::Queue::Done SettlementDone(const FlightPtr& flight,
                                    const std::vector<std::size_t>& places);
  // `settled` is empty when messages were put back.
  queue::Queue::Done CallDone(const FlightPtr& flight, queue::Range settled);
  void OnQueueDone(const FlightPtr& flight, queue::Range settled,
                   const absl::Status& status);
  // One call of the flight is answered. With the last of them it ends, or waits
  // for its next turn.
  void Answered(const FlightPtr& flight);

  void Publish();

  const std::string name_;
  const absl::Duration max_age_;
  const std::int32_t max_in_flight_;
  const Options options_;
  base::Clock& clock_;
  queue::Queue& queue_;
  pool::Executor& executor_;
  SettleWatch& watch_;
  const std::shared_ptr<metrics::Histogram> latency_;
  const std::unique_ptr<receivers::Receiver> receiver_;
  const receivers::Limits limits_;
  pool::Serial serial_;

  // True from the queue's call until the linger is over: later calls add
  // nothing. Set by any thread.
  std::atomic<bool> woken_ = false;

  // What the operator said last; the gate hears of it a moment later.
  std::atomic<bool> paused_ = false;

  // On serial_ only.
  Gate gate_;
  bool started_ = false;
  bool draining_ = false;
  bool taking_ = false;
  bool hungry_ = false;  // There may be something to take.
  std::int32_t in_flight_ = 0;
  std::deque<FlightPtr> waiting_;  // Of those in flight, for their turn.
  Cuts cuts_;
  std::unique_ptr<queue::Subscription> subscription_;
  std::unique_ptr<pool::Timer> linger_timer_;
  std::unique_ptr<pool::Timer> gate_timer_;
  std::unique_ptr<pool::Timer> due_timer_;
  absl::Duration due_at_{};  // When that fires, by base::Clock::Uptime().
  std::function<void()> drained_;
  std::string last_answer_;  // Since the last success.
  std::string queue_error_;
  std::int64_t attempts_ = 0;
  std::int64_t failed_attempts_ = 0;
  std::int64_t messages_sent_ = 0;

  mutable absl::Mutex status_mu_;
  SourceStatus status_ ABSL_GUARDED_BY(status_mu_);
};

}  // namespace segrid::deliver

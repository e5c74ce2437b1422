// Who waits for messages to be settled.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/deliver/wait_end.h"
#include "core/pool/executor.h"
#include "core/queue/queue.h"

namespace segrid::deliver {

// Asks the queue about a ticket at first and whenever messages of its lane were
// settled, so that nothing is missed that was settled before anyone waited. In
// a store that several processes share, what others settle is seen at the
// deadline.
//
// Ownership:     held by a std::shared_ptr; keeps references to its parts.
// Thread safety: any thread, any time.
// Blocking:      never.
class DeliveryWaiter : public std::enable_shared_from_this<DeliveryWaiter> {
 public:
  using Done = std::function<void(absl::StatusOr<queue::Progress>)>;
  using StopCallback = std::stop_callback<std::function<void()>>;

  DeliveryWaiter(base::Clock& clock, queue::Queue& queue,
                 pool::Executor& executor)
      : clock_(clock), queue_(queue), executor_(executor) {}

  // See Deliverer::NotifySettled().
  void Add(std::string lane, queue::Ticket ticket, const WaitEnd& end,
           Done done);

  // Messages of `lane` from `first` to `last`, or some of them, were settled.
  void OnSettled(std::string_view lane, queue::Range range);

  // The source of `lane` delivers nothing for now: ends the waits for it.
  void OnStopped(std::string_view lane);

  // Drops all waits, without running their `done`.
  void Clear();

 private:
  struct Wait {
    std::string lane;
    queue::Ticket ticket;
    Done done;
    std::unique_ptr<pool::Timer> timer;
    // Must not be destroyed with the lock held: that waits for the callback.
    std::unique_ptr<StopCallback> on_stop;
    bool time_is_up = false;
  };

  void WatchStop(std::uint64_t id, const std::stop_token& stop);
  void OnDeadline(std::uint64_t id);
  void OnStop(std::uint64_t id);
  // Asks the queue; ends the wait when nothing is pending, or time is up.
  void Look(std::uint64_t id);
  void OnProgress(std::uint64_t id, absl::StatusOr<queue::Progress> progress);

  base::Clock& clock_;
  queue::Queue& queue_;
  pool::Executor& executor_;

  absl::Mutex mu_;
  std::map<std::uint64_t, Wait> waits_ ABSL_GUARDED_BY(mu_);
  std::uint64_t last_id_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace segrid::deliver

// Takes messages from the queue and gives them to the receivers: one loop per
// source, so that one failing source delays nobody.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/deliver/delivery_options.h"
#include "core/deliver/source_status.h"
#include "core/deliver/wait_end.h"
#include "core/queue/queue.h"

namespace segrid::deliver {

// The outcomes of a ticket's messages, counted.
struct SettledCounts : queue::Progress {
  // The source's state when it was asked. A source that is held or paused
  // delivers nothing for now, so nobody waits for it.
  SourceState state = SourceState::kRunning;
};

// Delivers what is in the queue's lanes, from Start() to Drain(). Sources come,
// change and go while it does.
//
// Ownership:     owns the receivers. Callbacks given to it are dropped, without
//                being run, when it is destroyed.
// Thread safety: every method may be called from any thread at any time.
//                Destroy it only when the executor runs no more tasks.
// Blocking:      never.
// Errors:        NOT_FOUND/UNKNOWN_SOURCE where a source is named.
class Deliverer {
 public:
  // The names of `sources` are unique, and so are their lanes.
  Deliverer(Environment environment, Options options,
            std::vector<Source> sources);
  ~Deliverer();
  Deliverer(const Deliverer&) = delete;
  Deliverer& operator=(const Deliverer&) = delete;

  // Begins to take messages. Call once.
  void Start();

  // Adds a source, or gives the one of its lane another receiver, other limits,
  // and another name. The old one takes no more messages, and the new one
  // begins when none of them is in flight any more, so that no message is with
  // both. Whether it is paused, and what it has counted, stays. Nothing happens
  // while draining.
  void Put(Source source);

  // Lets the source of a lane go when nothing of it is in flight any more; what
  // is not delivered stays in the lane. Idempotent.
  void Remove(std::string_view lane);

  // Stops taking messages of a source; batches in flight go on. Idempotent.
  // Lasts until Resume or a restart.
  absl::Status Pause(std::string_view source);

  // Delivers again, at once, whatever stopped it (Pause, back-off); a held
  // source sends a probe, and forgets what it knew of refusals. Idempotent.
  absl::Status Resume(std::string_view source);

  // The state of a source, and of all in the order in which they came.
  absl::StatusOr<SourceStatus> Status(std::string_view source) const;
  std::vector<SourceStatus> Statuses() const;

  // Runs `done` once, when every message of `ticket` is delivered or a dead
  // letter, or when `end` says so, or at once when the source is held or
  // paused, or becomes so. Inline or later in a thread of the executor or of
  // who stops it; also while draining. `lane` is that of a source, which need
  // not have its name any more. Errors: those of queue::Queue::GetProgress.
  using SettledDone = std::function<void(absl::StatusOr<SettledCounts>)>;
  void NotifySettled(std::string_view lane, queue::Ticket ticket,
                     const WaitEnd& end, SettledDone done);

  // Somebody else than a delivery settled messages of a lane: those who wait
  // for them are told. Any lane.
  void NoteSettled(std::string_view lane);

  // Takes no more messages, for good, and runs `done` with OK when no batch is
  // in flight, or with DEADLINE_EXCEEDED/DRAIN_TIMEOUT at `deadline`; what is
  // not delivered stays queued. Call once; Pause and Resume then have no
  // effect.
  void Drain(absl::Time deadline, std::function<void(absl::Status)> done);

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace segrid::deliver

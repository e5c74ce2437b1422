// Takes messages from the queue and gives them to the receivers: one loop per
// source, so that one failing source delays nobody.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/metrics/histogram.h"
#include "core/pool/executor.h"
#include "core/queue/queue.h"
#include "core/receivers/receiver.h"
#include "core/retry/backoff.h"

namespace segrid::deliver {

// Whether a source delivers. The numbers are those of segrid.v1.SourceState.
enum class SourceState : std::uint8_t {
  kRunning = 1,
  kBackingOff = 2,
  kRateLimited = 3,
  kMisconfigured = 4,
  kPaused = 5,
};

struct SourceStatus {
  std::string name{};
  std::string endpoint{};  // Of the receiver; no credentials.
  SourceState state = SourceState::kRunning;
  std::string detail{};  // Why it does not deliver; empty when it does.
  // InfiniteFuture when nothing is scheduled.
  absl::Time next_attempt = absl::InfiniteFuture();
  std::int32_t in_flight = 0;        // Batches being sent or split.
  std::int64_t attempts = 0;         // Since the start of the process.
  std::int64_t failed_attempts = 0;  // Of them, not answered by success.
  std::int64_t messages_sent = 0;    // In attempts answered by success.
};

// One source: its lane in the queue has its name.
struct Source {
  std::string name{};
  std::unique_ptr<receivers::Receiver> receiver{};
  absl::Duration max_age = absl::Hours(20);  // Then a message is EXPIRED.
  double requests_per_second = 50;           // Above 0.
  std::int32_t max_in_flight = 4;            // Batches; 1 to 100.
  // Gets the time from acceptance to delivery of each message. May be null.
  std::shared_ptr<metrics::Histogram> latency{};
};

// Settings of all sources.
struct Options {
  // How long a batch that is not full waits for more messages.
  absl::Duration linger = absl::Milliseconds(50);
  // After failures that may pass.
  retry::BackoffOptions backoff{};
  // While the receiver refuses the source's settings (401, 403).
  absl::Duration misconfigured_wait = absl::Seconds(60);
  absl::Duration max_misconfigured_wait = absl::Minutes(15);
  // Of messages in delivery; renewed while a batch is being split.
  absl::Duration lease = absl::Minutes(5);
};

// What delivery needs from outside; all must outlive the Deliverer.
struct Environment {
  base::Clock& clock;
  queue::Queue& queue;
  pool::Executor& executor;
  retry::Jitter jitter;
};

// What became of the messages of a ticket.
using SettledCounts = queue::Progress;

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
  // The names of `sources` are unique.
  Deliverer(Environment environment, Options options,
            std::vector<Source> sources);
  ~Deliverer();
  Deliverer(const Deliverer&) = delete;
  Deliverer& operator=(const Deliverer&) = delete;

  // Begins to take messages. Call once.
  void Start();

  // Adds a source, or gives the one of this name another receiver and other
  // limits. The old one takes no more messages, and the new one begins when
  // none of them is in flight any more, so that no message is with both.
  // Whether it is paused, and what it has counted, stays. Nothing happens while
  // draining.
  void Put(Source source);

  // Lets a source go when nothing of it is in flight any more; what is not
  // delivered stays in its lane of the queue. Idempotent.
  void Remove(std::string_view source);

  // Stops taking messages of a source; batches in flight go on. Idempotent.
  // Lasts until Resume or a restart.
  absl::Status Pause(std::string_view source);

  // Delivers again, at once, whatever stopped it (Pause, back-off, a wrong
  // setting). Idempotent.
  absl::Status Resume(std::string_view source);

  // The state of a source, and of all in the order in which they came.
  absl::StatusOr<SourceStatus> Status(std::string_view source) const;
  std::vector<SourceStatus> Statuses() const;

  // Runs `done` once, when every message of `ticket` is delivered or a dead
  // letter, or at `deadline` with what is still pending. Inline or later in a
  // thread of the executor; also while draining. `lane` is a source's name.
  // Errors: those of queue::Queue::GetProgress.
  using SettledDone = std::function<void(absl::StatusOr<SettledCounts>)>;
  void NotifySettled(std::string_view lane, queue::Ticket ticket,
                     absl::Time deadline, SettledDone done);

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

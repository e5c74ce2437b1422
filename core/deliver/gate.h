// When a source may make its next attempt.

#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "core/deliver/deliverer.h"
#include "core/rate/token_bucket.h"
#include "core/retry/backoff.h"

namespace segrid::deliver {

// Joins the operator's pause, the waits that answers ask for, and the limit of
// the rate. Attempts that began before the last failure say nothing new: they
// neither lengthen nor end a wait, which is why each has an epoch. A value; not
// thread-safe. Times are of base::Clock::Uptime().
class Gate {
 public:
  Gate(const Options& options, double requests_per_second,
       retry::Jitter jitter);

  // How long after `now` an attempt may begin: zero for at once, infinite when
  // only Resume() helps.
  absl::Duration WaitFor(absl::Duration now);

  // True when no attempt may begin for a reason other than the rate.
  bool Held(absl::Duration now) const;

  // Begins an attempt that WaitFor allowed; returns its epoch.
  std::int64_t Begin();
  // Undoes Begin() when there was nothing to attempt.
  void Cancel() { bucket_.Return(); }

  // The answers to an attempt of `epoch`, got at `now`. `why` is for people.
  void OnSuccess(std::int64_t epoch);
  void OnRetry(std::int64_t epoch, absl::Duration now, absl::Duration floor,
               std::string why);
  void OnWait(std::int64_t epoch, absl::Duration now, absl::Duration wait,
              std::string why);
  void OnMisconfigured(std::int64_t epoch, absl::Duration now, std::string why);

  void Pause() { paused_ = true; }
  void Resume();

  // After a failure one attempt at a time is enough to see whether it is over.
  bool probing() const { return failing_ != SourceState::kRunning; }

  SourceState state() const {
    return paused_ ? SourceState::kPaused : failing_;
  }
  std::string detail() const;
  // When the wait ends; infinite when none is scheduled.
  absl::Duration next_attempt() const;

 private:
  void Hold(SourceState failing, absl::Duration until, std::string why);

  retry::Backoff backoff_;
  retry::Backoff misconfigured_;
  retry::Jitter jitter_;
  rate::TokenBucket bucket_;

  bool paused_ = false;
  SourceState failing_ = SourceState::kRunning;  // Until the next success.
  absl::Duration held_until_ = -absl::InfiniteDuration();
  std::string why_;
  std::int64_t epoch_ = 0;
};

}  // namespace segrid::deliver

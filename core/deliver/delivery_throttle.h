// When a source may make its next attempt.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "core/deliver/delivery_options.h"
#include "core/deliver/source_status.h"
#include "core/rate/token_bucket.h"
#include "core/retry/backoff.h"

namespace segrid::deliver {

// Joins the operator's pause, the waits that answers ask for, the times of a
// held source's probes, and the limit of the rate. Attempts that began before
// the last failure say nothing new: they neither lengthen nor end a wait, which
// is why each has an epoch. A value; not thread-safe. Times are of
// base::Clock::Uptime().
class DeliveryThrottle {
 public:
  // `events_per_second` is 0 for any number.
  DeliveryThrottle(const Options& options, double requests_per_second,
                   retry::Jitter jitter, double events_per_second = 0);

  // How long after `now` an attempt may begin: zero for at once, infinite when
  // only Resume() helps.
  absl::Duration WaitFor(absl::Duration now);

  // True when no attempt may begin for a reason other than the rate.
  bool Closed(absl::Duration now) const;

  // Begins an attempt that WaitFor allowed; returns its epoch.
  std::int64_t Begin(absl::Duration now);
  // The attempt carries so many messages. Those over the rate are owed: the
  // next attempt waits for them.
  void Spend(std::size_t messages);
  // Undoes Begin() when there was nothing to attempt.
  void Cancel() { bucket_.Return(); }

  // The answers to an attempt of `epoch`, got at `now`. `why` is for people.
  void OnSuccess(std::int64_t epoch);
  // The receiver works, and refuses what was sent: ends a wait, but holds on
  // longer while the source is held.
  void OnRefused(std::int64_t epoch, absl::Duration now);
  // While the source is held, the next two only set the time of its next probe.
  void OnRetry(std::int64_t epoch, absl::Duration now, absl::Duration floor,
               std::string why);
  void OnWait(std::int64_t epoch, absl::Duration now, absl::Duration wait,
              std::string why);
  void OnMisconfigured(std::int64_t epoch, absl::Duration now, std::string why);

  // Holds the source, whatever was in flight.
  void Hold(absl::Duration now, std::string why);

  // A message came. A held source probes with it, at most once in
  // Options::least_probe_wait.
  void OnArrival(absl::Duration now);

  void Pause() { paused_ = true; }
  // An attempt may begin at once. A held source is still held: it is a probe.
  void Resume();

  // After a failure one attempt at a time is enough to see whether it is over.
  bool probing() const { return failing_ != SourceState::kRunning; }
  // Attempts are probes: of one message each.
  bool held() const { return failing_ == SourceState::kMisconfigured; }
  bool paused() const { return paused_; }

  SourceState state() const {
    return paused_ ? SourceState::kPaused : failing_;
  }
  std::string detail() const;
  // When the wait ends; infinite when none is scheduled.
  absl::Duration next_attempt() const;

 private:
  // No attempt before `until`, nor before what was said earlier.
  void WaitUntil(SourceState failing, absl::Duration until, std::string why);

  retry::Backoff backoff_;
  retry::Backoff probe_waits_;
  const absl::Duration least_probe_wait_;
  retry::Jitter jitter_;
  rate::TokenBucket bucket_;
  std::optional<rate::TokenBucket> events_;  // nullopt: any number.

  bool paused_ = false;
  SourceState failing_ = SourceState::kRunning;  // Until the next success.
  absl::Duration closed_until_ = -absl::InfiniteDuration();
  // The part of that wait that a receiver asked for.
  absl::Duration asked_until_ = -absl::InfiniteDuration();
  absl::Duration last_attempt_ = -absl::InfiniteDuration();
  std::string why_;
  std::int64_t epoch_ = 0;
};

}  // namespace segrid::deliver

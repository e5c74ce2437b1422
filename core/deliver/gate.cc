#include "core/deliver/gate.h"

#include <algorithm>

namespace segrid::deliver {
namespace {

// A tenth of a second's worth at once, so that the rate is even.
double BurstOf(double per_second) { return std::max(1.0, per_second / 10); }

// The waits for a wrong setting are not random: a person is to mend it.
double NoJitter() { return 1.0; }

}  // namespace

Gate::Gate(const Options& options, double requests_per_second,
           retry::Jitter jitter)
    : backoff_(options.backoff),
      misconfigured_({.base = options.misconfigured_wait,
                      .multiplier = 2.0,
                      .cap = options.max_misconfigured_wait}),
      jitter_(std::move(jitter)),
      bucket_(requests_per_second, BurstOf(requests_per_second)) {}

bool Gate::Held(absl::Duration now) const {
  return paused_ || now < held_until_;
}

absl::Duration Gate::WaitFor(absl::Duration now) {
  if (paused_) return absl::InfiniteDuration();
  if (now < held_until_) return held_until_ - now;
  return bucket_.WaitFor(now);
}

std::int64_t Gate::Begin() {
  bucket_.Take();
  return epoch_;
}

void Gate::Hold(SourceState failing, absl::Duration until, std::string why) {
  failing_ = failing;
  held_until_ = std::max(held_until_, until);
  why_ = std::move(why);
  ++epoch_;
}

void Gate::OnSuccess(std::int64_t epoch) {
  if (epoch != epoch_) return;
  backoff_.Reset();
  misconfigured_.Reset();
  failing_ = SourceState::kRunning;
  held_until_ = -absl::InfiniteDuration();
  why_.clear();
}

void Gate::OnRetry(std::int64_t epoch, absl::Duration now, absl::Duration floor,
                   std::string why) {
  if (epoch == epoch_) {
    Hold(SourceState::kBackingOff, now + backoff_.Next(jitter_, floor),
         std::move(why));
  } else {
    held_until_ = std::max(held_until_, now + floor);
  }
}

void Gate::OnWait(std::int64_t epoch, absl::Duration now, absl::Duration wait,
                  std::string why) {
  if (epoch == epoch_) {
    Hold(SourceState::kRateLimited, now + wait, std::move(why));
  } else {
    held_until_ = std::max(held_until_, now + wait);
  }
}

void Gate::OnMisconfigured(std::int64_t epoch, absl::Duration now,
                           std::string why) {
  if (epoch != epoch_) return;
  Hold(SourceState::kMisconfigured, now + misconfigured_.Next(NoJitter),
       std::move(why));
}

void Gate::Resume() {
  paused_ = false;
  // Attempts in flight speak of the time before.
  ++epoch_;
  OnSuccess(epoch_);
}

std::string Gate::detail() const {
  return paused_ ? "paused by an operator" : why_;
}

absl::Duration Gate::next_attempt() const {
  return paused_ || !probing() ? absl::InfiniteDuration() : held_until_;
}

}  // namespace segrid::deliver

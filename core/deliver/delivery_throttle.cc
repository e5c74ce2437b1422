#include "core/deliver/delivery_throttle.h"

#include <algorithm>

namespace segrid::deliver {
namespace {

// A tenth of a second's worth at once, so that the rate is even.
double BurstOf(double per_second) { return std::max(1.0, per_second / 10); }

// The times of probes are not random, because a person is to fix the cause.
double NoJitter() { return 1.0; }

}  // namespace

DeliveryThrottle::DeliveryThrottle(const Options& options,
                                   double requests_per_second,
                                   retry::Jitter jitter,
                                   double events_per_second)
    : backoff_(options.backoff),
      probe_waits_({.base = options.probe_wait,
                    .multiplier = 2.0,
                    .cap = options.max_probe_wait}),
      least_probe_wait_(options.probe_wait),
      jitter_(std::move(jitter)),
      bucket_(requests_per_second, BurstOf(requests_per_second)) {
  if (events_per_second > 0) events_.emplace(events_per_second, 1);
}

bool DeliveryThrottle::Closed(absl::Duration now) const {
  return paused_ || now < closed_until_;
}

absl::Duration DeliveryThrottle::WaitFor(absl::Duration now) {
  if (paused_) return absl::InfiniteDuration();
  if (now < closed_until_) return closed_until_ - now;
  const absl::Duration wait = bucket_.WaitFor(now);
  return events_.has_value() ? std::max(wait, events_->WaitFor(now)) : wait;
}

void DeliveryThrottle::Spend(std::size_t messages) {
  if (events_.has_value()) events_->Take(static_cast<double>(messages));
}

std::int64_t DeliveryThrottle::Begin(absl::Duration now) {
  bucket_.Take();
  last_attempt_ = now;
  return epoch_;
}

void DeliveryThrottle::WaitUntil(SourceState failing, absl::Duration until,
                                 std::string why) {
  closed_until_ = std::max(closed_until_, until);
  ++epoch_;
  if (held()) return;
  failing_ = failing;
  why_ = std::move(why);
}

void DeliveryThrottle::OnSuccess(std::int64_t epoch) {
  if (epoch != epoch_) return;
  backoff_.Reset();
  probe_waits_.Reset();
  failing_ = SourceState::kRunning;
  closed_until_ = -absl::InfiniteDuration();
  asked_until_ = -absl::InfiniteDuration();
  why_.clear();
}

void DeliveryThrottle::OnRefused(std::int64_t epoch, absl::Duration now) {
  if (held()) {
    OnMisconfigured(epoch, now, why_);
  } else {
    OnSuccess(epoch);
  }
}

void DeliveryThrottle::OnRetry(std::int64_t epoch, absl::Duration now,
                               absl::Duration floor, std::string why) {
  asked_until_ = std::max(asked_until_, now + floor);
  if (epoch == epoch_) {
    WaitUntil(SourceState::kBackingOff, now + backoff_.Next(jitter_, floor),
              std::move(why));
  } else {
    closed_until_ = std::max(closed_until_, now + floor);
  }
}

void DeliveryThrottle::OnWait(std::int64_t epoch, absl::Duration now,
                              absl::Duration wait, std::string why) {
  asked_until_ = std::max(asked_until_, now + wait);
  if (epoch == epoch_) {
    WaitUntil(SourceState::kRateLimited, now + wait, std::move(why));
  } else {
    closed_until_ = std::max(closed_until_, now + wait);
  }
}

void DeliveryThrottle::OnMisconfigured(std::int64_t epoch, absl::Duration now,
                                       std::string why) {
  if (epoch == epoch_) Hold(now, std::move(why));
}

void DeliveryThrottle::Hold(absl::Duration now, std::string why) {
  failing_ = SourceState::kMisconfigured;
  closed_until_ = std::max(closed_until_, now + probe_waits_.Next(NoJitter));
  why_ = std::move(why);
  ++epoch_;
}

void DeliveryThrottle::OnArrival(absl::Duration now) {
  if (!held()) return;
  const absl::Duration probe =
      std::max({now, last_attempt_ + least_probe_wait_, asked_until_});
  closed_until_ = std::min(closed_until_, probe);
}

void DeliveryThrottle::Resume() {
  paused_ = false;
  const bool was_held = held();
  const std::string why = why_;
  // Attempts in flight speak of the time before.
  ++epoch_;
  OnSuccess(epoch_);
  if (!was_held) return;
  failing_ = SourceState::kMisconfigured;
  why_ = why;
}

std::string DeliveryThrottle::detail() const {
  return paused_ ? "paused by an operator" : why_;
}

absl::Duration DeliveryThrottle::next_attempt() const {
  return paused_ || !probing() ? absl::InfiniteDuration() : closed_until_;
}

}  // namespace segrid::deliver

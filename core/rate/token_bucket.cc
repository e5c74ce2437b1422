#include "core/rate/token_bucket.h"

#include <algorithm>

namespace segrid::rate {
namespace {

// Rounding must not make a waiter come back for the last billionth.
constexpr double kAlmostOne = 1 - 1e-9;

}  // namespace

absl::Duration TokenBucket::WaitFor(absl::Duration now) {
  if (now > filled_at_) {
    const double grown = absl::ToDoubleSeconds(now - filled_at_) * per_second_;
    tokens_ = std::min(burst_, tokens_ + grown);
    filled_at_ = now;
  }
  if (tokens_ >= kAlmostOne) return absl::ZeroDuration();
  // Rounded up, so that the token is there when the wait is over.
  return absl::Seconds((1 - tokens_) / per_second_) + absl::Nanoseconds(1);
}

}  // namespace segrid::rate

// How large batches may be for a receiver that found one too large.

#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace segrid::deliver {

// After a 413 the largest body that was taken while that batch was split bounds
// the next batches. The bound is doubled for each time without a 413, until it
// bounds nothing. Bytes are those of the messages' JSON, each with one for its
// comma, before compression. A value; not thread-safe. Times are of
// base::Clock::Uptime().
class BatchSizeLimit {
 public:
  static constexpr absl::Duration kDoubledAfter = absl::Minutes(5);

  // `max_bytes`: the limit without a 413.
  explicit BatchSizeLimit(std::int64_t max_bytes)
      : max_bytes_(max_bytes), bytes_(max_bytes) {}

  // The receiver found a batch too large.
  void OnTooLarge(absl::Duration now);

  // It took this much of that batch, and nothing larger.
  void OnLargestTaken(std::int64_t bytes) { bytes_ = bytes; }

  // The limit of the next batch.
  std::int64_t At(absl::Duration now) const;

 private:
  const std::int64_t max_bytes_;
  std::int64_t bytes_;  // At `since_`.
  absl::Duration since_ = absl::ZeroDuration();
};

}  // namespace segrid::deliver

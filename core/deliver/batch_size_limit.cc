#include "core/deliver/batch_size_limit.h"

namespace segrid::deliver {

void BatchSizeLimit::OnTooLarge(absl::Duration now) {
  bytes_ = At(now);
  since_ = now;
}

std::int64_t BatchSizeLimit::At(absl::Duration now) const {
  std::int64_t bytes = bytes_;
  for (absl::Duration at = since_ + kDoubledAfter;
       at <= now && bytes < max_bytes_; at += kDoubledAfter) {
    bytes *= 2;
  }
  return bytes < max_bytes_ ? bytes : max_bytes_;
}

}  // namespace segrid::deliver

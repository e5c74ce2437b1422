#include "server/status_page/history.h"

#include <algorithm>
#include <utility>

namespace segrid::status_page {

void History::Start(pool::Executor& executor) {
  Take();
  Schedule(executor);
}

void History::Schedule(pool::Executor& executor) {
  auto timer = executor.After(kStep, [weak = weak_from_this(), &executor] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->Take();
    self->Schedule(executor);
  });
  absl::MutexLock lock(&mu_);
  timer_ = std::move(timer);
}

void History::Take() {
  const Totals now = take_();
  absl::MutexLock lock(&mu_);
  const Totals before = std::exchange(last_, now);
  if (!std::exchange(has_last_, true)) return;
  // Never negative, whatever a source's books do.
  const auto since = [](std::int64_t a, std::int64_t b) {
    return std::max<std::int64_t>(a - b, 0);
  };
  ring_[count_++ % kSteps] = {
      since(now.received, before.received),
      since(now.tracks, before.tracks),
      since(now.skipped, before.skipped),
      since(now.rejected, before.rejected),
      since(now.delivered, before.delivered),
      since(now.failed_attempts, before.failed_attempts)};
}

std::vector<Step> History::Steps() const {
  absl::MutexLock lock(&mu_);
  const std::size_t kept = std::min(count_, kSteps);
  std::vector<Step> steps;
  steps.reserve(kept);
  for (std::size_t i = count_ - kept; i < count_; ++i) {
    steps.push_back(ring_[i % kSteps]);
  }
  return steps;
}

}  // namespace segrid::status_page

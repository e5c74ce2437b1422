#include "server/status_page/recent_latency.h"

namespace segrid::status_page {

void RecentLatency::Look(absl::Duration uptime) {
  absl::MutexLock lock(&mu_);
  if (!kept_.empty() && uptime - kept_.back().at < kStep) return;
  Kept& now = kept_.emplace_back(Kept{uptime, {}});
  for (const auto& delivery : deliveries_) {
    now.figures.push_back(delivery->latency().Figures());
  }
  // The first may be older than the span, the second must not.
  while (kept_.size() > 1 && uptime - kept_[1].at >= kSpan) kept_.pop_front();
}

metrics::HistogramFigures RecentLatency::Of(const std::string& source,
                                            absl::Duration uptime) const {
  for (std::size_t i = 0; i < deliveries_.size(); ++i) {
    if (deliveries_[i]->source() != source) continue;
    metrics::HistogramFigures figures = deliveries_[i]->latency().Figures();
    absl::MutexLock lock(&mu_);
    const Kept* before = nullptr;
    for (const Kept& kept : kept_) {
      if (uptime - kept.at >= kSpan) before = &kept;
    }
    if (before != nullptr) figures -= before->figures[i];
    return figures;
  }
  return {};
}

}  // namespace segrid::status_page

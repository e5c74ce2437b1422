#include "server/status_page/recent_latency.h"

namespace segrid::status_page {

void RecentLatency::Look(absl::Duration uptime) {
  absl::MutexLock lock(&mu_);
  if (!kept_.empty() && uptime - kept_.back().at < kStep) return;
  Kept& now = kept_.emplace_back(Kept{uptime, {}});
  for (const auto& delivery : deliveries_.All()) {
    now.figures.push_back(delivery->latency().Figures());
  }
  // The first may be older than the span, the second must not.
  while (kept_.size() > 1 && uptime - kept_[1].at >= kSpan) kept_.pop_front();
}

metrics::HistogramFigures RecentLatency::Of(const std::string& source,
                                            absl::Duration uptime) const {
  const auto deliveries = deliveries_.All();
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    if (deliveries[i]->source() != source) continue;
    metrics::HistogramFigures figures = deliveries[i]->latency().Figures();
    absl::MutexLock lock(&mu_);
    const Kept* before = nullptr;
    for (const Kept& kept : kept_) {
      if (uptime - kept.at >= kSpan) before = &kept;
    }
    // A source that came later was not there then.
    if (before != nullptr && i < before->figures.size()) {
      figures -= before->figures[i];
    }
    return figures;
  }
  return {};
}

}  // namespace segrid::status_page

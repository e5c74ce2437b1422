// How long deliveries took in the last hour; histograms know it since the start
// only.

#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/metrics/delivery_registry.h"

namespace segrid::status_page {

// Keeps what the histograms said every five minutes, for an hour: about 3 KiB
// for each source.
//
// Thread safety: every method may be called from any thread at any time.
// Blocking:      not for long.
class RecentLatency {
 public:
  static constexpr absl::Duration kStep = absl::Minutes(5);
  static constexpr absl::Duration kSpan = absl::Hours(1);

  // `deliveries` must outlive it.
  explicit RecentLatency(const metrics::DeliveryRegistry& deliveries)
      : deliveries_(deliveries) {}

  // Looks at the histograms, if the last look was kStep ago. `uptime` never
  // goes back.
  void Look(absl::Duration uptime);

  // The latencies of `source` in the last kSpan, and up to kStep more; since
  // the start where that was later. Empty for an unknown one.
  metrics::HistogramFigures Of(const std::string& source,
                               absl::Duration uptime) const;

 private:
  struct Kept {
    absl::Duration at;
    std::vector<metrics::HistogramFigures> figures;  // As deliveries_.All().
  };

  const metrics::DeliveryRegistry& deliveries_;
  mutable absl::Mutex mu_;
  std::deque<Kept> kept_ ABSL_GUARDED_BY(mu_);  // The oldest first.
};

}  // namespace segrid::status_page

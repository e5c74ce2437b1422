// How long things took, in buckets.

#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace segrid::metrics {

// Upper bounds of the buckets of every histogram, in seconds; the last bucket
// has none. From a Transform of one event to a Segment that is slow for hours.
inline constexpr std::array<double, 18> kBounds = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
    0.1,    0.25,    0.5,    1,     2.5,    5,     15,   60,    600};

// The figures of a histogram at one moment. They add up and subtract, so that
// two of them tell what was between them.
struct HistogramFigures {
  std::array<std::int64_t, kBounds.size() + 1> buckets{};  // Not cumulative.
  double sum_seconds = 0;

  std::int64_t count() const {
    std::int64_t sum = 0;
    for (const std::int64_t bucket : buckets) sum += bucket;
    return sum;
  }

  // The value that `fraction` (0 to 1) of the observations do not exceed, by
  // linear interpolation within its bucket; 0 without observations.
  double Quantile(double fraction) const {
    const std::int64_t total = count();
    if (total == 0) return 0;
    double left = fraction * static_cast<double>(total);
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      const auto in_bucket = static_cast<double>(buckets[i]);
      if (left > in_bucket || in_bucket == 0) {
        left -= in_bucket;
        continue;
      }
      if (i == kBounds.size()) break;
      const double low = i == 0 ? 0 : kBounds[i - 1];
      return low + (kBounds[i] - low) * left / in_bucket;
    }
    return kBounds.back();
  }

  HistogramFigures& operator-=(const HistogramFigures& other) {
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      buckets[i] -= other.buckets[i];
    }
    sum_seconds -= other.sum_seconds;
    return *this;
  }
};

// Counts durations. Thread safety: any thread; relaxed, so the figures of one
// observation may be a moment apart. Blocking: never.
class Histogram {
 public:
  void Observe(absl::Duration duration, std::int64_t times = 1) {
    const double seconds = absl::ToDoubleSeconds(duration);
    const auto bucket = static_cast<std::size_t>(
        std::lower_bound(kBounds.begin(), kBounds.end(), seconds) -
        kBounds.begin());
    buckets_[bucket].fetch_add(times, std::memory_order_relaxed);
    sum_ticks_.fetch_add(duration / kTick * times, std::memory_order_relaxed);
  }

  HistogramFigures Figures() const {
    HistogramFigures figures;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      figures.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
    }
    figures.sum_seconds =
        static_cast<double>(sum_ticks_.load(std::memory_order_relaxed)) *
        absl::ToDoubleSeconds(kTick);
    return figures;
  }

 private:
  // Large enough that a sum of many long waits fits.
  static constexpr absl::Duration kTick = absl::Nanoseconds(100);

  std::array<std::atomic<std::int64_t>, kBounds.size() + 1> buckets_{};
  std::atomic<std::int64_t> sum_ticks_{0};
};

}  // namespace segrid::metrics

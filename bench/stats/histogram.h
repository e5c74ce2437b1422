// Latencies in bounded memory: a log-linear histogram.

#pragma once

#include <cstdint>
#include <vector>

namespace segrid::bench {

// Counts values in buckets whose width grows with the value: exact below 1,024,
// at most 0.1 % off above (0.2 % wide buckets, answered by their middle).
//
// Units:         the caller's; the bench counts nanoseconds.
// Memory:        140 KiB, whatever is added.
// Thread safety: none; merge per-thread histograms.
class Histogram {
 public:
  // Larger values count as this one: 2.4 hours in nanoseconds.
  static constexpr std::int64_t kMaxValue = (std::int64_t{1} << 43) - 1;

  Histogram();

  // Adds `value`, `count` times. Negative values count as 0.
  void Add(std::int64_t value, std::int64_t count = 1);
  void Merge(const Histogram& other);
  void Clear();

  std::int64_t count() const { return count_; }
  // 0 when empty; exact.
  std::int64_t min() const { return count_ == 0 ? 0 : min_; }
  std::int64_t max() const { return max_; }
  double mean() const;

  // The value that `percent` (0 to 100) of the values do not exceed; 0 when
  // empty. 100 gives the exact maximum.
  std::int64_t Percentile(double percent) const;

  // A bucket that holds something: values in [lower, upper].
  struct Bucket {
    std::int64_t lower;
    std::int64_t upper;
    std::int64_t count;
  };
  // Ascending.
  std::vector<Bucket> Buckets() const;

 private:
  std::vector<std::int64_t> counts_;
  std::int64_t count_ = 0;
  std::int64_t min_ = kMaxValue;
  std::int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace segrid::bench

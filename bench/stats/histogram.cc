#include "bench/stats/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

namespace segrid::bench {
namespace {

// Values below 2^kBits have a bucket each; every power of two above is cut
// into 2^(kBits-1) buckets.
constexpr int kBits = 10;
constexpr int kMaxShift = 43 - kBits;
constexpr std::size_t kHalf = std::size_t{1} << (kBits - 1);
constexpr std::size_t kBuckets = kMaxShift * kHalf + 2 * kHalf;

int ShiftOf(std::int64_t value) {
  const auto width =
      static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value)));
  return std::max(0, width - kBits);
}

std::size_t IndexOf(std::int64_t value) {
  const int shift = ShiftOf(value);
  return static_cast<std::size_t>(shift) * kHalf +
         static_cast<std::size_t>(value >> shift);
}

std::int64_t LowerOf(std::size_t index) {
  if (index < 2 * kHalf) return static_cast<std::int64_t>(index);
  const std::size_t shift = index / kHalf - 1;
  return static_cast<std::int64_t>((index - shift * kHalf) << shift);
}

std::int64_t UpperOf(std::size_t index) { return LowerOf(index + 1) - 1; }

}  // namespace

Histogram::Histogram() : counts_(kBuckets) {}

void Histogram::Add(std::int64_t value, std::int64_t count) {
  value = std::clamp<std::int64_t>(value, 0, kMaxValue);
  counts_[IndexOf(value)] += count;
  count_ += count;
  sum_ += static_cast<double>(value) * static_cast<double>(count);
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

void Histogram::Merge(const Histogram& other) {
  if (other.count_ == 0) return;
  const std::size_t last = IndexOf(other.max_);
  for (std::size_t i = IndexOf(other.min_); i <= last; ++i) {
    counts_[i] += other.counts_[i];
  }
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

void Histogram::Clear() {
  if (count_ == 0) return;
  std::fill(counts_.begin() + static_cast<std::ptrdiff_t>(IndexOf(min_)),
            counts_.begin() + static_cast<std::ptrdiff_t>(IndexOf(max_)) + 1,
            0);
  count_ = 0;
  sum_ = 0;
  min_ = kMaxValue;
  max_ = 0;
}

double Histogram::mean() const {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::int64_t Histogram::Percentile(double percent) const {
  if (count_ == 0) return 0;
  const double share = std::clamp(percent, 0.0, 100.0) / 100;
  const auto rank = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(
             std::ceil(share * static_cast<double>(count_) - 1e-9)));
  if (rank >= count_) return max_;
  std::int64_t seen = 0;
  for (std::size_t i = IndexOf(min_); i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= rank) {
      const std::int64_t middle = LowerOf(i) + (UpperOf(i) - LowerOf(i)) / 2;
      return std::clamp(middle, min_, max_);
    }
  }
  return max_;
}

std::vector<Histogram::Bucket> Histogram::Buckets() const {
  std::vector<Bucket> buckets;
  if (count_ == 0) return buckets;
  for (std::size_t i = IndexOf(min_); i <= IndexOf(max_); ++i) {
    if (counts_[i] == 0) continue;
    buckets.push_back({LowerOf(i), UpperOf(i), counts_[i]});
  }
  return buckets;
}

}  // namespace segrid::bench

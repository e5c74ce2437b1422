#include "bench/suite/interval.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "bench/suite/median.h"

namespace segrid::bench {
namespace {

constexpr double kUnknownNoise = 0.1;

// Student's t for 99.9 %, two-sided: degrees of freedom and factor; each holds
// up to the next.
struct Quantile {
  std::size_t freedom;
  double factor;
};
constexpr std::array<Quantile, 17> kQuantiles = {{{2, 31.60},
                                                  {3, 12.92},
                                                  {4, 8.610},
                                                  {5, 6.869},
                                                  {6, 5.959},
                                                  {7, 5.408},
                                                  {8, 5.041},
                                                  {9, 4.781},
                                                  {10, 4.587},
                                                  {12, 4.318},
                                                  {14, 4.140},
                                                  {17, 3.965},
                                                  {20, 3.850},
                                                  {25, 3.725},
                                                  {30, 3.646},
                                                  {60, 3.460},
                                                  {100, 3.390}}};

double FactorOf(std::size_t freedom) {
  double factor = kQuantiles[0].factor;
  for (const Quantile& quantile : kQuantiles) {
    if (quantile.freedom <= freedom) factor = quantile.factor;
  }
  return factor;
}

double MeanOf(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
         static_cast<double>(values.size());
}

// The value below which `share` of the sorted values are.
double QuantileOf(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above],
                   at - static_cast<double>(below));
}

}  // namespace

Interval MeanInterval(std::span<const double> values) {
  if (values.empty()) return {};
  const double mean = MeanOf(values);
  if (values.size() < 3) {
    const double half = std::abs(mean) * kUnknownNoise;
    return {mean - half, mean + half};
  }
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const auto count = static_cast<double>(values.size());
  const double half =
      FactorOf(values.size() - 1) * std::sqrt(squares / (count - 1) / count);
  return {mean - half, mean + half};
}

double RelativeSpread(std::span<const double> values) {
  if (values.size() < 2) return 0;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const double middle = MedianOf(sorted);
  if (middle == 0) return 0;
  return (QuantileOf(sorted, 0.75) - QuantileOf(sorted, 0.25)) / 2 / middle;
}

}  // namespace segrid::bench

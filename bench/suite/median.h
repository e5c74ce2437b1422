// The middle of some values.

#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace segrid::bench {

// The middle of `values`, or the mean of the middle two; not empty.
inline double MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half]
                                : (values[half - 1] + values[half]) / 2;
}

}  // namespace segrid::bench

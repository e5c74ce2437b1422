// How far noise may have moved a mean.

#pragma once

#include <span>

namespace segrid::bench {

struct Interval {
  double low = 0;
  double high = 0;
};

// The interval that holds the mean of what `values` are drawn from with a
// probability of 99.9 %, by Student's distribution. With fewer than three
// values, whose spread says nothing, 10 % either way of their mean.
Interval MeanInterval(std::span<const double> values);

// Half of the distance between the quartiles, relative to the median; 0 with
// fewer than two values.
double RelativeSpread(std::span<const double> values);

}  // namespace segrid::bench

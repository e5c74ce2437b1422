// The arithmetic of a plot's axis: range, ticks, labels.

#pragma once

#include <string>
#include <vector>

#include "bench/report/svg_plot.h"

namespace segrid::bench {

// The range that an axis shows, and where the ticks are. Thread safety:
// immutable.
class Scale {
 public:
  // Covers [low, high]; widens an empty range. A linear scale starts at 0.
  Scale(const Axis& axis, double low, double high);

  // 0 at the low end, 1 at the high one.
  double Place(double value) const;

  const std::vector<double>& ticks() const { return ticks_; }
  std::string Label(double value) const;

 private:
  void AddLinearTicks();
  void AddLogTicks();

  Axis axis_;
  double low_;
  double high_;
  std::vector<double> ticks_;
};

}  // namespace segrid::bench

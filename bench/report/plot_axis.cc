#include "bench/report/plot_axis.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "bench/stats/metric_catalog.h"

namespace segrid::bench {
namespace {

// 1, 2 or 5 times a power of ten, about a fifth of `span`.
double NiceStep(double span) {
  const double raw = span / 5;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  const double lead = raw / power;
  return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

// 20 ms and not 20.0 ms: an axis has round numbers.
std::string Round(double value, double step,
                  const std::vector<const char*>& units) {
  std::size_t unit = 0;
  while (unit + 1 < units.size() && std::abs(value) >= step * 0.9995) {
    value /= step;
    ++unit;
  }
  return absl::StrFormat("%.3g%s", value, units[unit]);
}

}  // namespace

Scale::Scale(const Axis& axis, double low, double high)
    : axis_(axis), low_(low), high_(high) {
  if (axis_.is_log) {
    low_ = std::pow(10, std::floor(std::log10(low_) + 1e-9));
    high_ = std::max(high_, low_ * 10);
    if (axis_.unit != AxisUnit::kPercentile) {
      high_ = std::pow(10, std::ceil(std::log10(high_) - 1e-9));
    }
    AddLogTicks();
    return;
  }
  low_ = std::min(0.0, low_);
  if (!(high_ > low_)) high_ = low_ + 1;
  AddLinearTicks();
}

void Scale::AddLinearTicks() {
  const double step = NiceStep(high_ - low_);
  if (axis_.label != "time") high_ = std::ceil(high_ / step - 1e-9) * step;
  for (double tick = low_; tick <= high_ * 1.0001; tick += step) {
    ticks_.push_back(tick);
  }
}

void Scale::AddLogTicks() {
  for (double tick = low_; tick <= high_ * 1.0001; tick *= 10) {
    ticks_.push_back(tick);
  }
}

double Scale::Place(double value) const {
  if (axis_.is_log) {
    return std::log(value / low_) / std::log(high_ / low_);
  }
  return (value - low_) / (high_ - low_);
}

std::string Scale::Label(double value) const {
  switch (axis_.unit) {
    case AxisUnit::kSeconds:
      if (axis_.label == "time") return absl::StrFormat("%.4g s", value);
      if (value == 0) return "0";
      return Round(value * 1e9, 1000, {" ns", " µs", " ms", " s"});
    case AxisUnit::kRate:
      return Round(value, 1000, {"", " k", " M", " G"});
    case AxisUnit::kBytes:
      return value == 0 ? "0" : FormatValue(Unit::kBytes, value);
    case AxisUnit::kPercentile: {
      if (value < 1.5) return "0 %";
      // 10 → 90 %, 100 → 99 %, 1,000 → 99.9 %.
      const int decimals =
          std::max(0, static_cast<int>(std::lround(std::log10(value))) - 2);
      return absl::StrFormat("%.*f %%", decimals, 100 * (1 - 1 / value));
    }
    case AxisUnit::kPlain:
      break;
  }
  return absl::StrFormat("%.3g", value);
}

}  // namespace segrid::bench

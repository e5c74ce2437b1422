#include "bench/load/schedule.h"

#include <algorithm>
#include <cmath>

namespace segrid::bench {

Schedule::Schedule(std::vector<double> rates, std::int64_t step_ns,
                   std::int64_t warmup_ns) {
  std::int64_t begin = 0;
  const auto add = [&](double rate, std::size_t step, std::int64_t length) {
    phases_.push_back({rate, step, begin, begin + length, calls_});
    calls_ += static_cast<std::int64_t>(
        std::ceil(rate * static_cast<double>(length) * 1e-9 - 1e-9));
    begin += length;
  };
  if (warmup_ns > 0) add(rates[0], 0, warmup_ns);
  for (std::size_t i = 0; i < rates.size(); ++i) add(rates[i], i, step_ns);
}

std::int64_t Schedule::IntendedStart(std::int64_t i) const {
  const auto after = std::upper_bound(
      phases_.begin(), phases_.end(), i,
      [](std::int64_t call, const Phase& p) { return call < p.first_call; });
  const Phase& phase = *std::prev(after);
  return phase.begin_ns +
         static_cast<std::int64_t>(static_cast<double>(i - phase.first_call) /
                                   phase.rate * 1e9);
}

std::size_t Schedule::StepAt(std::int64_t offset_ns) const {
  for (const Phase& phase : phases_) {
    if (offset_ns < phase.end_ns) return phase.step;
  }
  return phases_.back().step;
}

}  // namespace segrid::bench

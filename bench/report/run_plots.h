// Which plots show a run.

#pragma once

#include <vector>

#include "bench/report/svg_plot.h"
#include "bench/stats/result.h"

namespace segrid::bench {

// Latency by percentile, latency and throughput over time, CPU and memory, and,
// with stepped rates, latency by rate.
std::vector<Plot> RunPlots(const RunResult& run);

}  // namespace segrid::bench

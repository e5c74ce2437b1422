// Ratios of micro benches from a file that Google Benchmark wrote.

#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/suite/cases.h"
#include "bench/suite/suite.h"

namespace segrid::bench {

// Items per second by benchmark name: the median where there were repetitions.
// Benchmarks that ended in an error are left out. INVALID_ARGUMENT when `json`
// is not what --benchmark_format=json writes.
absl::StatusOr<std::map<std::string, double>> ReadMicro(std::string_view json);

// One row per case; without figures where a bench is missing.
std::vector<SuiteRow> MicroRows(const std::map<std::string, double>& rates,
                                std::span<const MicroCase> cases);

}  // namespace segrid::bench

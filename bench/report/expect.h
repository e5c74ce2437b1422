// Conditions on a run's figures: `p99<20ms`, `errors=0`, `calls/s>=50k`.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/stats/metric_catalog.h"
#include "bench/stats/result.h"

namespace segrid::bench {

struct Expectation {
  enum class Op { kLess, kLessEqual, kGreater, kGreaterEqual, kEqual, kNot };

  std::string text;  // As it was given.
  const MetricRow* metric = nullptr;
  Op op = Op::kLess;
  double value = 0;  // In the metric's base unit.

  bool Holds(double figure) const;
};

// Reads `METRIC OP VALUE[UNIT]`: a name of Metrics(), one of < <= > >= = == !=,
// and a number. Times take ns, us, ms or s and need one; bytes take KiB, MiB,
// GiB (or KB, MB, GB); shares take %; all others k, M or G. INVALID_ARGUMENT
// says what is wrong and what would be right.
absl::StatusOr<Expectation> ParseExpectation(std::string_view text);

// The same about the ratio of two runs: the value has no unit.
absl::StatusOr<Expectation> ParseRatioExpectation(std::string_view text);

struct Verdict {
  bool is_met = false;
  std::string text;  // For people: what was expected and what was found.
};

// One verdict per expectation. A figure that the run did not measure fails.
std::vector<Verdict> Judge(const std::vector<Expectation>& expectations,
                           const RunResult& run);

}  // namespace segrid::bench

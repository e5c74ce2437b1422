// The figures of a run by name: one row each. The table for people, the JSON,
// `--compare` and `--expect` all read it.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bench/stats/result.h"

namespace segrid::bench {

// What a value measures: its base unit, and how people read it.
enum class Unit {
  kSeconds,    // Shown as ns, us, ms or s.
  kPerSecond,  // Shown with k or M.
  kBytesPerSecond,
  kBytes,
  kCount,
  kShare,  // 0 to 1, shown as %.
  kCores,
  kRatio,  // Shown with two digits.
};

struct MetricRow {
  std::string_view name;  // For people: --expect, tables.
  std::string_view key;   // In JSON; says the unit.
  Unit unit;
  bool lower_is_better;
  std::string_view help;
  // Nothing when this run did not measure it.
  std::optional<double> (*value)(const RunResult& run);
};

// All rows, in the order of the tables.
std::span<const MetricRow> Metrics();

// The row named `name` (or its key), or nullptr.
const MetricRow* FindMetric(std::string_view name);

// `value` as people read it: 1.25 ms, 53.2 k/s, 41.0 MiB, 0.5 %.
std::string FormatValue(Unit unit, double value);

}  // namespace segrid::bench

// A server against its goals: every figure a ratio to a ceiling of this
// machine, measured now.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/stats/metric_catalog.h"

namespace segrid::bench {

struct SuiteOptions {
  std::string self_binary;          // This program, which serves the echoes.
  std::string server_binary;        // Empty: segrid-server beside this program.
  std::int32_t rounds = 7;          // 1 to 101.
  double scale = 1;                 // Of every length; 0.01 to 100.
  std::vector<std::string> bodies;  // Whose events are sent. Empty: generated.
  absl::Duration memory_duration = absl::Seconds(15);  // 0: not measured.
  std::string micro_path;  // Google Benchmark's JSON. Empty: none.

  // INVALID_ARGUMENT names the first field that is out of range.
  absl::Status Validate() const;
};

// One line of the answer.
struct SuiteRow {
  std::string what;
  Unit unit = Unit::kPerSecond;  // Of figure and baseline.
  std::optional<double> figure = {};
  std::optional<double> baseline = {};
  std::optional<double> ratio = {};  // figure ÷ baseline, median of the rounds.
  std::optional<double> goal = {};
  bool goal_is_of_figure = false;   // The goal is one of the figure alone.
  bool goal_is_ceiling = false;     // At most, not at least.
  std::optional<bool> is_met = {};  // Nothing without goal or measurement.
};

struct SuiteResult {
  absl::Time start_time;
  std::int32_t rounds = 0;
  double elapsed_seconds = 0;
  std::vector<SuiteRow> rows;
};

// Starts the server, with a data directory of its own that is deleted in the
// end, and the echo server, and measures in rounds that take every case once,
// server and ceiling next to each other. Blocks for 3 minutes with the default
// options. `progress` gets a line before each measurement. UNAVAILABLE when a
// server cannot be started or a case has no successful call; the message says
// which and why.
absl::StatusOr<SuiteResult> RunSuite(
    const SuiteOptions& options,
    const std::function<void(const std::string&)>& progress);

// Sets `is_met` from what was measured.
void JudgeRow(SuiteRow& row);

// For people.
std::string SuiteTable(const SuiteResult& result);

// One JSON object, schema `segrid-bench/suite/1`, see README.md.
std::string SuiteJson(const SuiteResult& result);

}  // namespace segrid::bench

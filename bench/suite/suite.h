// A server against its goals: every figure a ratio to a ceiling of this
// machine, measured now.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/stats/metric_catalog.h"

namespace segrid::bench {

// What can be left out.
inline constexpr std::array<std::string_view, 9> kSuiteParts = {
    "paths", "rpc",          "micro",  "queue", "client",
    "node",  "alternatives", "limits", "memory"};

struct SuiteOptions {
  // This program, which serves the echoes; the micro benches stand beside it.
  std::string self_binary;
  std::string server_binary;        // Empty: segrid-server beside this program.
  std::int32_t rounds = 7;          // 1 to 101.
  double scale = 1;                 // Of every length; 0.01 to 100.
  std::vector<std::string> bodies;  // Whose events are sent. Empty: generated.
  std::vector<std::string> body_paths;  // Of the bodies' files.
  absl::Duration memory_duration = absl::Seconds(20);
  std::string node_script;  // The transform in Node, and the body it reads.
  std::string node_body;    // Empty: not measured, and the notes say so.
  std::vector<std::string> skip;  // Of kSuiteParts.

  // INVALID_ARGUMENT names the first field that is out of range.
  absl::Status Validate() const;
  bool Has(std::string_view part) const;
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
  // The ratio cannot be above 1, because one side contains the other.
  bool is_at_most_one = false;
  double spread = 0;            // Of the rounds' ratios, see RelativeSpread.
  std::string impossible = {};  // Why the ratio cannot be; "": it can.
};

struct SuiteResult {
  absl::Time start_time;
  std::int32_t rounds = 0;
  double elapsed_seconds = 0;
  double load = 0;        // The machine's load average when it began.
  std::string processor;  // See Processor().
  std::vector<SuiteRow> rows;
  std::vector<std::string> notes;  // What was not measured, and why.
};

// Starts the server, with a data directory of its own that is deleted in the
// end, and the echo server, and measures in rounds that take every case once,
// figure and baseline next to each other. Blocks for 5 minutes with the default
// options. `progress` gets a line before each measurement. A baseline that is
// not there is a note, not an error. UNAVAILABLE when a server cannot be
// started or a call fails; the message says which and why.
absl::StatusOr<SuiteResult> RunSuite(
    const SuiteOptions& options,
    const std::function<void(const std::string&)>& progress);

// Sets `is_met` from what was measured.
void JudgeRow(SuiteRow& row);

// Sets ratio and spread from the ratios of the rounds, and `impossible` where
// the row `is_at_most_one` and the ratio is above 1 by more than the rounds
// differ among themselves (99.9 %). Nothing without ratios.
void SetRatios(std::span<const double> ratios, SuiteRow& row);

// For people.
std::string SuiteTable(const SuiteResult& result);

// One JSON object, schema `segrid-bench/suite/1`, see README.md.
std::string SuiteJson(const SuiteResult& result);

}  // namespace segrid::bench

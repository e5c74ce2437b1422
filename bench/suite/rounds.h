// Interleaved measurements of two servers.

#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/load/run.h"
#include "bench/suite/cases.h"
#include "bench/suite/suite.h"

namespace segrid::bench {

struct RoundsOptions {
  std::string product;  // Addresses.
  std::string echo;
  int product_pid = 0;
  std::vector<std::string> bodies;  // Empty: generated events.
  absl::Duration warmup;            // Of one measurement.
  absl::Duration length;
};

// Measures each case in each round, the two sides of a ratio one after the
// other and in turn first, so that what changes on the machine meets both. The
// answer is the median of the rounds' ratios. Thread safety: none. Blocks.
// Errors: UNAVAILABLE when a call fails; the message says which and why.
class Rounds {
 public:
  explicit Rounds(RoundsOptions options) : options_(std::move(options)) {}

  // Finds out how many bytes the echoes must have. Before the first round.
  absl::Status Prepare();

  // Measures every case once. `progress` gets a line before each.
  absl::Status Measure(const std::function<void(const std::string&)>& progress);

  // One row per case; after the last round. An echo's has a second one: how
  // much CPU time a call takes, which a busy machine disturbs less.
  std::vector<SuiteRow> Rows() const;

 private:
  // A ratio under way.
  struct Pair {
    SuiteRow row;
    RunOptions figure_run;
    RunOptions baseline_run;
    int baseline_cores = 0;  // The product's during the baseline; 0: all.
    std::vector<double> figures = {};
    std::vector<double> baselines = {};
    std::vector<double> ratios = {};
    // Seconds of server and tool per call.
    std::vector<double> figure_costs = {};
    std::vector<double> baseline_costs = {};
    std::vector<double> cost_ratios = {};  // Baseline ÷ figure.
  };
  // What a side came to.
  struct Side {
    double rate = 0;
    double cost = 0;
  };
  static absl::StatusOr<Side> MeasureSide(const RunOptions& run);

  RunOptions Load(const std::string& address, Method method) const;
  absl::StatusOr<Pair> EchoPair(const EchoCase& echo_case) const;
  Pair StreamPair(const StreamCase& stream) const;
  Pair ForwardPair(const ForwardCase& forward) const;
  Pair CoresPair(const CoresCase& cores) const;
  absl::StatusOr<Side> Baseline(const Pair& pair) const;
  absl::Status MeasurePair(Pair& pair) const;

  const RoundsOptions options_;
  std::vector<Pair> pairs_;
  int round_ = 0;
};

}  // namespace segrid::bench

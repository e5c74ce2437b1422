// Interleaved measurements of a server under two loads.

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
  std::string product;  // Address.
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

  // Before the first round.
  void Prepare();

  // Measures every case once. `progress` gets a line before each.
  absl::Status Measure(const std::function<void(const std::string&)>& progress);

  // One row per case; after the last round.
  std::vector<SuiteRow> Rows() const;

 private:
  // A ratio under way.
  struct Pair {
    SuiteRow row;
    RunOptions figure_run;
    RunOptions baseline_run;
    // The product's during the baseline; then the row compares capacities: how
    // many calls its cores could take in a second of their CPU time. 0: all.
    int baseline_cores = 0;
    std::vector<double> figures = {};
    std::vector<double> baselines = {};
    std::vector<double> ratios = {};
  };
  // What a side came to.
  struct Side {
    double rate = 0;  // Calls per second.
    double cost = 0;  // CPU seconds of the server for a call; 0: not known.
  };
  static absl::StatusOr<Side> MeasureSide(const RunOptions& run);

  RunOptions Load(const std::string& address, Method method) const;
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

// Interleaved measurements of two servers.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

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
  std::int32_t rounds = 7;
  std::function<void(const std::string&)> progress;
};

// Measures each case in each round, the two sides of a ratio one after the
// other and in turn first, so that what changes on the machine meets both. The
// answer is the median of the rounds' ratios. Thread safety: none. Blocks.
class Rounds {
 public:
  explicit Rounds(RoundsOptions options) : options_(std::move(options)) {}

  // The rows of kEchoCases and StreamCase.
  absl::StatusOr<std::vector<SuiteRow>> Run();

  // The rows of MemoryCase; loads the product for `duration`.
  absl::StatusOr<std::vector<SuiteRow>> Memory(absl::Duration duration);

 private:
  // A ratio under way.
  struct Pair {
    SuiteRow row;
    RunOptions figure_run;
    RunOptions baseline_run;
    std::vector<double> figures = {};
    std::vector<double> baselines = {};
    std::vector<double> ratios = {};
  };

  RunOptions Load(const std::string& address, Method method) const;
  absl::StatusOr<Pair> EchoPair(const EchoCase& echo_case) const;
  Pair StreamPair(const StreamCase& stream) const;
  absl::StatusOr<double> CallRate(const RunOptions& run) const;
  absl::Status Measure(Pair& pair, bool baseline_first) const;

  const RoundsOptions options_;
};

// The middle of `values`, or the mean of the middle two; not empty.
double MedianOf(std::vector<double> values);

}  // namespace segrid::bench

// Ratios of micro benches: programs that write Google Benchmark's JSON, run
// once in each round.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/suite/cases.h"
#include "bench/suite/suite.h"

namespace segrid::bench {

// What a program measured: items per second by benchmark name, other measures
// by the name and a word, see kMeasures in micro.cc: " bytes" for bytes per
// second, " allocations" for allocations per event, …
using MicroFigures = std::map<std::string, double>;

// Reads what a program wrote; the median where there were repetitions.
// Benchmarks that ended in an error are left out. INVALID_ARGUMENT when `json`
// is not what --benchmark_format=json writes.
absl::StatusOr<MicroFigures> ReadMicro(std::string_view json);

// One row per case: the median of the rounds' figures and of their ratios;
// without them where a bench is missing.
std::vector<SuiteRow> MicroRows(std::span<const MicroFigures> rounds,
                                std::span<const MicroCase> cases);

// A program of a round.
struct MicroProgram {
  std::string name;                    // For people.
  std::vector<std::string> arguments;  // The program first. The last one gets
                                       // the path of its result appended.
  bool once = false;                   // In the first round only.
};

// Runs the programs, one after the other, once per call of Measure. A program
// that fails is not run again; why stands in the notes, its rows stay empty.
// Thread safety: none. Blocking: until the programs end.
class MicroRounds {
 public:
  // `directory` is for results and logs.
  MicroRounds(std::vector<MicroProgram> programs, std::string directory);

  void Measure();

  std::vector<SuiteRow> Rows(std::span<const MicroCase> cases) const {
    return MicroRows(rounds_, cases);
  }
  std::span<const MicroFigures> rounds() const { return rounds_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  absl::StatusOr<MicroFigures> RunOne(const MicroProgram& program) const;

  std::vector<MicroProgram> programs_;  // Those that have not failed.
  const std::string directory_;
  std::vector<MicroFigures> rounds_;
  std::vector<std::string> notes_;
};

}  // namespace segrid::bench

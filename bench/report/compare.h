// Two results side by side.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/report/expect.h"

namespace segrid::bench {

// The figures of a result file, by name.
struct ResultFile {
  std::string schema;
  std::map<std::string, double> figures;
  // How a run was loaded. The place is not a part of it.
  std::map<std::string, std::string> settings;
};

// Reads a file that `--json` wrote, of a run (its metrics by key) or of a suite
// (its ratios by what they are). INVALID_ARGUMENT names the file and what is
// wrong.
absl::StatusOr<ResultFile> ReadResultFile(const std::string& path);

struct Comparison {
  std::string table;
  // Names the settings that differ, with both values; empty when none does.
  std::string differences;
  std::vector<Verdict> verdicts;  // Of the expectations, about b / a.
};

// What both files have: a, b, b / a and whether that is better or worse.
// Changes under 2 % are called equal. Where settings differ nothing is called
// better or worse, because another load gives other figures. INVALID_ARGUMENT
// when they are of different kinds.
absl::StatusOr<Comparison> Compare(
    const ResultFile& a, const ResultFile& b,
    const std::vector<Expectation>& ratio_expectations);

}  // namespace segrid::bench

// A run's result for people and for machines.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/load/run.h"
#include "bench/report/expect.h"
#include "bench/stats/result.h"

namespace segrid::bench {

// A table for a terminal: settings, figures, steps, codes, verdicts.
std::string TableReport(const RunResult& run,
                        const std::vector<Verdict>& verdicts);

// One JSON object, schema `segrid-bench/run/1`, see README.md.
std::string JsonReport(const RunResult& run,
                       const std::vector<Verdict>& verdicts);

// One HTML page that needs nothing else: plots as inline SVG, light and dark,
// no script, nothing loaded.
std::string HtmlReport(const RunResult& run,
                       const std::vector<Verdict>& verdicts);

// One line about a run that goes on.
std::string ProgressLine(const Progress& progress);

// Writes `text` to `path`; "-" is standard output. Errors name the path.
absl::Status WriteReport(const std::string& path, const std::string& text);

}  // namespace segrid::bench

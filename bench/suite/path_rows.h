// Rows of paths and their parts.

#pragma once

#include <span>
#include <vector>

#include "bench/suite/micro.h"
#include "bench/suite/path_cases.h"
#include "bench/suite/suite.h"

namespace segrid::bench {

// A row per case, whose ratio is the sum of its parts ÷ the whole, and below it
// a row per part with its share of the whole, which cannot be above 1. Medians
// of the rounds; a round without one of the figures does not count.
std::vector<SuiteRow> PathRows(std::span<const MicroFigures> rounds,
                               std::span<const PathCase> cases);

}  // namespace segrid::bench

// What options come to: defaults that depend on each other, and their names.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/run.h"

namespace segrid::bench {

std::int32_t ConcurrencyOf(const RunOptions& options);
std::int32_t ThreadsOf(const RunOptions& options);

// The server's process: the one named, or the one found; 0 = unknown.
int FindServer(const RunOptions& options);

// The settings to show beside a result. No metadata values: they may be
// secrets.
std::vector<std::pair<std::string, std::string>> Describe(
    const RunOptions& options);

}  // namespace segrid::bench

// What an operator should know of how duplicates are recognised.

#pragma once

#include <string>
#include <vector>

#include "core/config/config.h"

namespace segrid::app {

// How many events per second and source the memory for ids covers.
std::string DescribeDeduplication(const config::Config& config);

// A sentence for each webhook whose replay window is longer than the time for
// which ids are kept: a replay that old is accepted once more.
std::vector<std::string> ReplayWarnings(const config::Config& config);

}  // namespace segrid::app

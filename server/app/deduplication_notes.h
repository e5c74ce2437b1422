// What an operator should know of how duplicates are recognised.

#pragma once

#include <string>

#include "core/config/config.h"

namespace segrid::app {

// How many events per second and source the memory for ids covers.
std::string DescribeDeduplication(const config::Config& config);

}  // namespace segrid::app

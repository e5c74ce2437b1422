// Finds what a valid configuration says and its author may not mean.

#pragma once

#include <string>
#include <vector>

#include "core/config/config.h"

namespace segrid::config {

// A line for each, in one place for `validate`, the start of a server, its
// reloads and `segrid dry-run`, so that all say the same: the path of the key,
// what may surprise, and what to do. Never a secret. Empty: nothing.
std::vector<std::string> Warnings(const Config& config);

}  // namespace segrid::config

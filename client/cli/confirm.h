// Questions to the person at the terminal.

#pragma once

#include <string>

#include "client/cli/console.h"

namespace segrid::cli {

// Asks on stderr and reads a line of stdin. False also when nobody answers.
bool SaysYes(Console& console, const std::string& question);

}  // namespace segrid::cli

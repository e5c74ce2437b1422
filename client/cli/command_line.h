// From main()'s arguments to what is to be done.

#pragma once

#include <optional>

#include "client/cli/commands.h"

namespace segrid::cli {

// What to do, or that all is done (help or version were printed, or an error)
// and how the program ends.
struct CommandLine {
  Action action;
  std::optional<int> exit;
};

// Prints help and version to standard output, errors as one line to standard
// error. Reads the environment variables that options name.
CommandLine ParseCommandLine(int argc, const char* const* argv);

}  // namespace segrid::cli

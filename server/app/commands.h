// What segrid-server does, command by command.

#pragma once

#include "server/app/command_line.h"

namespace segrid::app {

// Each prints its results to standard output and its errors to standard error,
// and returns the program's exit code; see exit_code.h.

// Serves until a signal. Signals are blocked already.
int Serve(CommandLine line);

// Says that the configuration is right, or all that is wrong with it.
int Validate(const CommandLine& line);

// Prints the effective configuration as YAML, secrets masked.
int ShowConfig(const CommandLine& line);

}  // namespace segrid::app

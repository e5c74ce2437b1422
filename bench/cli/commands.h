// Does what the command line asks for.

#pragma once

#include "bench/cli/command_line.h"

namespace segrid::bench {

// Blocks until it is done and returns the process's exit code: 0, or 1 when a
// condition does not hold or nothing could be measured. Results go to standard
// output, progress and errors to standard error.
int Execute(const RpcCommand& command);
int Execute(const CompareCommand& command);
int Execute(const SuiteCommand& command);
int Execute(const HttpKeyCommand& command);

// Serves until SIGINT or SIGTERM. Prints where it listens first.
int Execute(const EchoCommand& command);

}  // namespace segrid::bench

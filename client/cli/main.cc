// The command line of Segrid.

#include <cstdlib>
#include <iostream>
#include <new>

#include "client/cli/command_line.h"
#include "client/cli/console.h"

namespace segrid::cli {
namespace {

int Run(const Action& action) {
  Console console{std::cout, std::cerr, WantsColour(), IsScreen(),
                  IsTerminal()};
  try {
    const int code = action(console);
    if (std::cout.flush() || code != kDone) return code;
    return Fail(console, kCannotWrite);
  } catch (const std::bad_alloc&) {
    return Fail(console, "out of memory");
  }
}

}  // namespace
}  // namespace segrid::cli

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  // gRPC's own lines would stand beside the one line that says what failed.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  const auto line = segrid::cli::ParseCommandLine(argc, argv);
  return segrid::cli::Run(
      line.exit.has_value()
          ? [&line](segrid::cli::Console&) { return *line.exit; }
          : line.action);
}

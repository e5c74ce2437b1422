// segrid-bench: loads a Segrid server and measures it.

#include <cstdlib>
#include <variant>

#include "bench/cli/command_line.h"
#include "bench/cli/commands.h"
#include "core/base/process.h"

int main(int argc, char** argv) {
  // gRPC's own lines would stand beside the one line that says what failed.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  segrid::base::TuneProcess();
  const segrid::bench::ParsedCommandLine parsed =
      segrid::bench::ParseCommandLine(argc, argv);
  if (!parsed.command.has_value()) return parsed.exit_code;
  return std::visit(
      [](const auto& command) { return segrid::bench::Execute(command); },
      *parsed.command);
}

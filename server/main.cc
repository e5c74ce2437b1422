// segrid-server: SendGrid events in over gRPC, Segment Tracks out.

#include "core/base/process.h"
#include "server/app/command_line.h"
#include "server/app/commands.h"
#include "server/app/process.h"
#include "server/app/queue_commands.h"
#include "server/app/signals.h"

namespace {

// Libraries have constructors that run before main() and take their time: a
// SIGTERM that comes meanwhile waits, too, and then stops the server in order.
using EarlyCall = void (*)();
[[gnu::section(".preinit_array"), gnu::used]] const EarlyCall kBlockSignals =
    &segrid::app::BlockSignals;

}  // namespace

int main(int argc, char** argv) {
  using segrid::app::CommandLine;
  segrid::base::TuneProcess();
  segrid::app::QuietLibraries();
  const segrid::app::ParsedCommandLine parsed =
      segrid::app::ParseCommandLine(argc, argv);
  if (parsed.exit.has_value()) return *parsed.exit;
  switch (parsed.line.command) {
    case CommandLine::Command::kValidate:
      return segrid::app::Validate(parsed.line);
    case CommandLine::Command::kShowConfig:
      return segrid::app::ShowConfig(parsed.line);
    case CommandLine::Command::kFsck:
      return segrid::app::CheckQueue(parsed.line);
    case CommandLine::Command::kRepair:
      return segrid::app::RepairQueue(parsed.line);
    case CommandLine::Command::kBackup:
      return segrid::app::BackUpData(parsed.line);
    case CommandLine::Command::kServe:
      break;
  }
  return segrid::app::Serve(parsed.line);
}

#include "client/cli/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <iostream>
#include <string>

#include "client/cli/console.h"
#include "core/base/version.h"
#include "core/command_line/usage_error.h"

namespace segrid::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 done, also when events were skipped or rejected; 1 failed, "
    "one line on stderr\nsays why; 2 the command line is wrong.";

void AddCommands(CLI::App& app, Action& chosen) {
  AddTransform(app, chosen);
  AddExplain(app, chosen);
  AddForward(app, chosen);
  AddBackfill(app, chosen);
  AddStatus(app, chosen);
  AddTail(app, chosen);
  AddTop(app, chosen);
  AddSources(app, chosen);
  AddPauseAndResume(app, chosen);
  AddReload(app, chosen);
  AddDeadLetters(app, chosen);
  AddErase(app, chosen);
  AddHealthcheck(app, chosen);
  AddDryRun(app, chosen);
  AddWebhookKey(app, chosen);
  AddWarehouse(app, chosen);
  AddWebhookSign(app, chosen);
  AddListen(app, chosen);
  AddConfig(app, chosen);
}

}  // namespace

CommandLine ParseCommandLine(int argc, const char* const* argv) {
  CLI::App app("Turns SendGrid events into Segment Tracks, here or by a server",
               "segrid");
  app.set_version_flag("--version", "segrid " + std::string(base::kVersion));
  app.require_subcommand(1);
  app.footer(kExitCodes);
  CommandLine line;
  AddCommands(app, line.action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    line.exit = app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::cerr << Printable(command_line::UsageError(app, error)) << std::endl;
    line.exit = kUsage;
  }
  return line;
}

}  // namespace segrid::cli

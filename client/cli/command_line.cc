#include "client/cli/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "client/cli/console.h"
#include "core/base/version.h"

namespace segrid::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 done, also when events were skipped or rejected; 1 failed, "
    "one line on stderr\nsays why; 2 the command line is wrong.";

// `segrid dead-letters list`, as far as the arguments went.
std::string NameOfCommand(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* command : app.get_subcommands()) {
    name += " " + NameOfCommand(*command);
  }
  return name;
}

int UsageError(const CLI::App& app, const CLI::ParseError& error) {
  std::string what = error.what();
  // CLI11 misses a command before it looks at what stands in its place.
  const std::vector<std::string> unknown = app.remaining(/*recurse=*/true);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
      !unknown.empty()) {
    what = "'" + unknown.front() + "' is not known here";
  }
  std::cerr << "segrid: " << Printable(what) << "; see '" << NameOfCommand(app)
            << " --help'" << std::endl;
  return kUsage;
}

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
  AddHealthcheck(app, chosen);
  AddDryRun(app, chosen);
  AddWebhookKey(app, chosen);
  AddWarehouse(app, chosen);
  AddWebhookSign(app, chosen);
  AddListen(app, chosen);
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
    line.exit = UsageError(app, error);
  }
  return line;
}

}  // namespace segrid::cli

// The command line of Segrid: parses, runs the chosen command, says how it
// went.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/console.h"
#include "core/base/version.h"

namespace segrid::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 done, also when events were skipped or rejected; 1 failed, "
    "one line on stderr\nsays why; 2 the command line is wrong.";

int UsageError(const CLI::App& app, const CLI::ParseError& error) {
  std::string help = app.get_name();
  for (const CLI::App* command : app.get_subcommands()) {
    help += " " + command->get_name();
    for (const CLI::App* inner : command->get_subcommands()) {
      help += " " + inner->get_name();
    }
  }
  std::string what = error.what();
  const std::vector<std::string> unknown = app.remaining(/*recurse=*/true);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
      !unknown.empty()) {
    what = "'" + unknown.front() + "' is not known here";
  }
  std::cerr << app.get_name() << ": " << Printable(what) << "; see '" << help
            << " --help'" << std::endl;
  return kUsage;
}

int Run(int argc, char** argv) {
  CLI::App app("Turns SendGrid events into Segment Tracks, here or by a server",
               "segrid");
  app.set_version_flag("--version", "segrid " + std::string(base::kVersion));
  app.require_subcommand(1);
  app.footer(kExitCodes);
  Action chosen;
  AddTransform(app, chosen);
  AddForward(app, chosen);
  AddStatus(app, chosen);
  AddSources(app, chosen);
  AddPauseAndResume(app, chosen);
  AddDeadLetters(app, chosen);
  AddHealthcheck(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return UsageError(app, error);
  }
  Console console{std::cout, std::cerr, WantsColour()};
  try {
    const int code = chosen(console);
    if (std::cout.flush()) return code;
    return Fail(console, "cannot write the output");
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
  return segrid::cli::Run(argc, argv);
}

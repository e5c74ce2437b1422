#include "server/app/command_line.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "core/base/version.h"
#include "core/command_line/usage_error.h"
#include "core/config/network_address.h"
#include "core/config/quantity.h"
#include "server/app/exit_code.h"

namespace segrid::app {
namespace {

constexpr const char* kDescription =
    "Takes SendGrid events from the webhook and over gRPC, turns them into "
    "Segment\n"
    "Tracks and delivers them.\n"
    "Without --config: gRPC on 127.0.0.1:50051, the webhook on "
    "127.0.0.1:8080, status\n"
    "page and metrics on 127.0.0.1:8081, data in ./segrid-data, one source, to "
    "Segment\n"
    "US if SEGMENT_WRITE_KEY is set, else to segrid-data/tracks.ndjson.";

constexpr const char* kFooter =
    "Signals: SIGTERM and SIGINT stop gracefully (not serving, drain.delay, no "
    "new\n"
    "calls, drain.grace to deliver what is in flight); a second SIGINT exits "
    "at "
    "once.\n"
    "SIGHUP reads the configuration and the certificates again: the log says "
    "what\n"
    "changed and what needs a restart; with errors the old ones stay.\n"
    "\n"
    "Sockets that systemd passes (LISTEN_FDS), named grpc, http or admin, take "
    "the\n"
    "place of that listener's addresses.\n"
    "\n"
    "Exit codes:\n"
    "  0    clean, also after a signal\n"
    "  1    failure at start: an address is taken, a certificate or the data "
    "directory is bad\n"
    "  2    wrong options\n"
    "  3    the configuration has errors\n"
    "  4    something did not end within drain.grace + 1 s\n"
    "  130  a second SIGINT\n";

// "" or what is wrong; the form that CLI11 wants.
std::string CheckListenOption(const std::string& address) {
  return config::CheckListen(address);
}

std::string CheckPatience(const std::string& text) {
  const absl::StatusOr<absl::Duration> patience = config::ParseDuration(text);
  if (!patience.ok()) return std::string(patience.status().message());
  const bool in_range =
      absl::Seconds(1) <= *patience && *patience <= absl::Hours(1);
  return in_range ? "" : "must be 1s to 1h";
}

// The commands that a command line may name; the program owns them.
struct Commands {
  CLI::App* validate = nullptr;
  CLI::App* show = nullptr;
  CLI::App* fsck = nullptr;
  CLI::App* repair = nullptr;
  CLI::App* backup = nullptr;
  bool effective = false;

  void AddTo(CLI::App& program, CommandLine& line);
  CommandLine::Command Parsed() const;
};

void AddOptions(CLI::App& program, CommandLine& line) {
  program
      .add_option("--config", line.config_file,
                  "YAML file; default: the embedded defaults")
      ->type_name("FILE");
  program
      .add_option("--listen", line.listen,
                  "host:port or unix:/path, instead of grpc.listen; may be "
                  "repeated; port 0: any free one")
      ->type_name("ADDRESS")
      ->allow_extra_args(false)
      ->check(CheckListenOption);
  program
      .add_option("--data-dir", line.data_dir,
                  "Directory of queue and files, instead of data_dir")
      ->type_name("DIR");
  program
      .add_option("--port-file", line.port_file,
                  "File that gets the bound gRPC port, for scripts")
      ->type_name("FILE");
}

void Commands::AddTo(CLI::App& program, CommandLine& line) {
  validate = program.add_subcommand(
      "validate", "Check the configuration, print a summary or all errors");
  CLI::App* const config =
      program.add_subcommand("config", "Look at the configuration");
  show =
      config->add_subcommand("show", "Print the configuration, secrets masked");
  show->add_flag("--effective", effective,
                 "With all defaults written out (the only form there is)");
  show->fallthrough();
  config->fallthrough();
  config->require_subcommand(1);
  fsck =
      program.add_subcommand("fsck",
                             "Read every record of a stopped server's queue, "
                             "print the ledger of each source");
  repair = program.add_subcommand(
      "repair",
      "Make a damaged queue usable, print what is lost (copy it before)");
  backup = program.add_subcommand(
      "backup",
      "Copy the data directory of a running or stopped server (as root, or the "
      "server's user)");
  backup
      ->add_option("DIR", line.backup_dir,
                   "The folder to make; it must not be there, or be empty")
      ->type_name("")
      ->required();
  backup
      ->add_option("--patience", line.backup_patience,
                   "How long to wait for the running server's snapshot: 1s to "
                   "1h")
      ->type_name("DURATION")
      ->check(CLI::Validator(CheckPatience, ""))
      ->capture_default_str();
}

CommandLine::Command Commands::Parsed() const {
  if (validate->parsed()) return CommandLine::Command::kValidate;
  if (fsck->parsed()) return CommandLine::Command::kFsck;
  if (repair->parsed()) return CommandLine::Command::kRepair;
  if (backup->parsed()) return CommandLine::Command::kBackup;
  if (show->parsed()) return CommandLine::Command::kShowConfig;
  return CommandLine::Command::kServe;
}

}  // namespace

ParsedCommandLine ParseCommandLine(int argc, const char* const* argv) {
  ParsedCommandLine parsed;
  CommandLine& line = parsed.line;
  CLI::App program(kDescription, "segrid-server");
  program.footer(kFooter);
  program.fallthrough();  // --config may stand behind a command, too.
  program.set_version_flag("--version",
                           "segrid-server " + std::string(base::kVersion),
                           "Print the version and exit");
  AddOptions(program, line);
  Commands commands;
  commands.AddTo(program, line);
  program.require_subcommand(0, 1);
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& help) {
    parsed.exit = program.exit(help);
    return parsed;
  } catch (const CLI::ParseError& error) {
    std::cerr << command_line::UsageError(program, error) << std::endl;
    parsed.exit = kExitUsage;
    return parsed;
  }
  line.command = commands.Parsed();
  return parsed;
}

void ApplyOverrides(const CommandLine& line, config::Config& config) {
  if (!line.listen.empty()) config.grpc.listen = line.listen;
  if (!line.data_dir.empty()) config.data_dir = line.data_dir;
}

}  // namespace segrid::app

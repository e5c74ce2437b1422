// The options of segrid-server.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "server/app/passed_sockets.h"

namespace segrid::app {

struct CommandLine {
  enum class Command {
    kServe,
    kValidate,
    kShowConfig,
    kFsck,
    kRepair,
    kBackup
  };

  Command command = Command::kServe;
  std::string config_file;          // Empty: the embedded defaults.
  std::vector<std::string> listen;  // Instead of grpc.listen. Empty: not given.
  std::string data_dir;             // Instead of data_dir. Empty: not given.
  std::string backup_dir;           // Of kBackup.
  std::string backup_patience = "1m";
  std::string port_file;    // Gets the bound gRPC port. Empty: none.
  PassedSockets sockets{};  // Not of the command line: of systemd.
};

// The outcome of parsing: either what to do, or that all is done (help and
// version were printed, or an error) and how the program ends.
struct ParsedCommandLine {
  CommandLine line;
  std::optional<int> exit;
};

// Parses main()'s arguments. Prints help and version to standard output, errors
// to standard error.
ParsedCommandLine ParseCommandLine(int argc, const char* const* argv);

// Lays the options over `config`: flags > file > defaults.
void ApplyOverrides(const CommandLine& line, config::Config& config);

}  // namespace segrid::app

// The options of every command that talks to a server.

#pragma once

#include <CLI/App.hpp>
#include <string>

#include "client/client_options.h"
#include "client/command_line/server_options.h"

namespace segrid::cli {

// As the command line, the environment and the profile give them. A plain
// value.
struct ServerFlags : command_line::ServerOptions {
  std::string timeout = "10s";

  // Fails fast instead of waiting for a server: a person waits for the answer.
  ClientOptions ToClientOptions() const;
};

// Adds `--server` with its default, and the rest. Parsing `command` fills
// `flags`, and reads the profile file for it.
void AddServerFlags(CLI::App& command, ServerFlags& flags);

// The same for a command that asks a server only when the command line names
// one, or a profile; else `flags.address` is empty after the parse.
void AddOptionalServerFlags(CLI::App& command, ServerFlags& flags);

}  // namespace segrid::cli

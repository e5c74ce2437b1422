// The options of every command that talks to a server: on the command line, in
// the environment, and in a profile of a file.

#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/client_options.h"
#include "core/config/environment.h"

namespace segrid::command_line {

inline constexpr const char* kDefaultServer = "127.0.0.1:50051";

// A setting that is in effect, and where it comes from.
struct Setting {
  std::string name;   // As the option, without its dashes.
  std::string value;  // `***` for a secret; "" when it is not set.
  // `option`, `environment`, `profile`, `default`; of `tls` also `implied`.
  std::string from;
};

// How a server is reached. A plain value.
struct ServerOptions {
  std::string address;
  bool tls = false;  // Any of the files and the name also mean TLS.
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  std::string tls_server_name;
  std::string token;
  std::string token_file;
  std::string profile;
  std::vector<Setting> settings;  // Once resolved, one of each.

  bool uses_tls() const;

  // For a client that fails fast instead of waiting for a server, because a
  // person waits.
  ClientOptions ToClientOptions() const;
};

// Where settings may come from besides the command line, the environment and
// the profile that one of them names.
struct Sources {
  // The file's, when nobody names one, nor a server.
  bool default_profile = true;
  bool default_server = true;  // kDefaultServer, when nothing else says it.
};

// Adds `--server`, `--profile`, `--token`, `--token-file` and the `--tls…` to
// `command`. `options` outlives its parse.
void AddServerOptions(CLI::App& command, ServerOptions& options);

// Adds the options of TLS only, for what is no gRPC server and has no profile.
void AddTlsOptions(CLI::App& command, ServerOptions& options);

// Fills in, after the parse, what the command line and the environment did not
// say: from the profile, then the defaults. Reads the profile file and the
// token's file. Each setting is taken from the first that has it: command line,
// environment, profile, default; of `token` and `token_file` together.
//
// INVALID_ARGUMENT, PERMISSION_DENIED, NOT_FOUND: one line that says what is
// wrong and what to do.
absl::Status Resolve(const CLI::App& command, const Sources& sources,
                     const config::Environment& environment,
                     ServerOptions& options);

// Whether the command line itself has `--option`, not only the environment.
bool IsOnCommandLine(const CLI::App& command, const std::string& option);

}  // namespace segrid::command_line

// The options of every command that talks to a server.

#pragma once

#include <CLI/App.hpp>
#include <string>

#include "client/client_options.h"

namespace segrid::cli {

inline constexpr const char* kDefaultServer = "127.0.0.1:50051";

// As the command line gives them. A plain value.
struct ServerFlags {
  std::string address;
  std::string timeout = "10s";
  bool tls = false;  // Any of the files also means TLS.
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  std::string tls_server_name;
  std::string token;  // Bearer token.

  // Fails fast instead of waiting for a server: a person waits for the answer.
  ClientOptions ToClientOptions() const;
};

// Adds `--server` with its default and environment variable, and the rest.
void AddServerFlags(CLI::App& command, ServerFlags& flags);

// The same without a default for `--server`: empty when not given.
void AddOptionalServerFlags(CLI::App& command, ServerFlags& flags);

}  // namespace segrid::cli

// The options of a load: their names, and what they become.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/cli/command_line.h"
#include "client/command_line/server_options.h"

namespace segrid::bench {

// The options as they are typed; texts where CLI11 knows no such type.
struct LoadArguments {
  command_line::ServerOptions server;  // HTTP: its TLS files only.
  bool names_tls_files = false;        // On the command line itself.
  std::string url;                     // HTTP only, as the next one.
  std::string sign_key;
  std::string method = "transform";
  std::string input = "json";
  std::string output = "batch";
  std::vector<std::string> bodies;
  std::int32_t batch = 0;
  std::uint64_t seed = 1;
  std::string source;
  std::vector<std::string> sources;
  std::uint32_t answer_bytes = 0;
  bool keep_ids = false;
  std::int32_t connections = 1;
  std::int32_t streams = 1;
  std::int32_t threads = 0;
  std::int32_t concurrency = 0;
  std::vector<double> rates;
  std::string step;
  std::string warmup = "1s";
  std::string duration = "10s";
  std::int64_t count = 0;
  std::string timeout = "10s";
  std::string connect_timeout = "5s";
  std::vector<std::string> metadata;
  int server_pid = 0;
  std::string json_path;
  std::string html_path;
  std::vector<std::string> expectations;
  bool progress = false;
};

// Declares them at `app`: those of a load over gRPC, or over HTTP. `arguments`
// must outlive its parse.
void AddLoadOptions(CLI::App& app, LoadArguments& arguments);
void AddHttpOptions(CLI::App& app, LoadArguments& arguments);

// INVALID_ARGUMENT names an option that the parse of `app` has found and that
// does nothing in this load, because somebody expects it to.
absl::Status CheckUse(const CLI::App& app, const LoadArguments& arguments);

// Takes what the parse of `app` left open from the environment and from the
// profile that is asked for. A load reaches only a server that somebody has
// named: nobody's default server, or profile, is loaded by accident.
absl::Status ResolveServer(const CLI::App& app, LoadArguments& arguments);

// INVALID_ARGUMENT says which option is wrong and what would be right.
absl::StatusOr<RpcCommand> ToCommand(const LoadArguments& arguments);

// A duration with its unit, such as 500ms or 1m30s.
absl::StatusOr<absl::Duration> ToDuration(const std::string& option,
                                          const std::string& text);

// The contents of the files.
absl::StatusOr<std::vector<std::string>> ReadBodies(
    const std::vector<std::string>& paths);

}  // namespace segrid::bench

#include "client/cli/server_flags.h"

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/config/environment.h"
#include "core/config/quantity.h"

namespace segrid::cli {
namespace {

// CLI11's way: the empty string means good.
std::string CheckTimeout(const std::string& text) {
  const absl::StatusOr<absl::Duration> timeout = config::ParseDuration(text);
  if (!timeout.ok()) return std::string(timeout.status().message());
  const bool in_range =
      absl::Milliseconds(1) <= *timeout && *timeout <= absl::Hours(24);
  return in_range ? "" : "must be 1ms to 24h";
}

void AddTimeout(CLI::App& command, ServerFlags& flags) {
  command
      .add_option("--timeout", flags.timeout,
                  "How long a call may take, such as 500ms or 1m")
      ->type_name("DURATION")
      ->check(CLI::Validator(CheckTimeout, ""))
      ->capture_default_str();
}

void ResolveFlags(const CLI::App& command, ServerFlags& flags) {
  const absl::Status status = command_line::Resolve(
      command, command_line::Sources(), config::ProcessEnvironment(), flags);
  if (!status.ok()) throw CLI::ValidationError(std::string(status.message()));
}

}  // namespace

ClientOptions ServerFlags::ToClientOptions() const {
  ClientOptions options = ServerOptions::ToClientOptions();
  options.user_agent = "segrid";
  options.timeout = absl::ToChronoNanoseconds(*config::ParseDuration(timeout));
  return options;
}

void AddServerFlags(CLI::App& command, ServerFlags& flags) {
  command_line::AddServerOptions(command, flags);
  AddTimeout(command, flags);
  command.parse_complete_callback(
      [&command, &flags] { ResolveFlags(command, flags); });
}

void AddOptionalServerFlags(CLI::App& command, ServerFlags& flags) {
  command_line::AddServerOptions(command, flags);
  AddTimeout(command, flags);
  CLI::Option* const server = command.get_option("--server");
  CLI::Option* const profile = command.get_option("--profile");
  server->envname("")->description(
      "Let this server do it: host:port or unix:path");
  profile->envname("")->description(
      "Let the server of this profile of ~/.config/segrid/config.yaml do it");
  command.parse_complete_callback([&command, &flags, server, profile] {
    if (server->count() > 0 || profile->count() > 0) {
      ResolveFlags(command, flags);
    }
  });
}

}  // namespace segrid::cli

#include "client/cli/server_flags.h"

#include "absl/time/time.h"
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

void AddOtherFlags(CLI::App& command, ServerFlags& flags) {
  command
      .add_option("--timeout", flags.timeout,
                  "How long a call may take, such as 500ms or 1m")
      ->type_name("DURATION")
      ->check(CLI::Validator(CheckTimeout, ""))
      ->capture_default_str();
  // A token on the command line would be in everybody's list of processes.
  command
      .add_option("--token", flags.token,
                  "Bearer token; better given in the environment")
      ->type_name("TOKEN")
      ->envname("SEGRID_TOKEN");
  const char* const group = "TLS";
  command
      .add_flag("--tls", flags.tls,
                "Use TLS with the system's authorities; implied by the others")
      ->group(group);
  command
      .add_option("--tls-ca", flags.tls_ca,
                  "PEM file of the server's authorities")
      ->type_name("FILE")
      ->group(group);
  CLI::Option* cert = command
                          .add_option("--tls-cert", flags.tls_cert,
                                      "PEM file of the own certificate")
                          ->type_name("FILE")
                          ->group(group);
  CLI::Option* key =
      command.add_option("--tls-key", flags.tls_key, "PEM file of the own key")
          ->type_name("FILE")
          ->group(group);
  cert->needs(key);
  key->needs(cert);
  command
      .add_option("--tls-server-name", flags.tls_server_name,
                  "Name in the server's certificate, if not its host")
      ->type_name("NAME")
      ->group(group);
}

}  // namespace

ClientOptions ServerFlags::ToClientOptions() const {
  ClientOptions options;
  options.address = address;
  options.wait_for_ready = false;
  options.user_agent = "segrid";
  options.token = token;
  options.timeout = absl::ToChronoNanoseconds(*config::ParseDuration(timeout));
  if (tls || !tls_ca.empty() || !tls_cert.empty() || !tls_server_name.empty()) {
    options.tls = TlsOptions{.ca_file = tls_ca,
                             .cert_file = tls_cert,
                             .key_file = tls_key,
                             .server_name = tls_server_name};
  }
  return options;
}

void AddServerFlags(CLI::App& command, ServerFlags& flags) {
  flags.address = kDefaultServer;
  command
      .add_option("--server", flags.address,
                  "The server: host:port or unix:path")
      ->type_name("ADDRESS")
      ->envname("SEGRID_SERVER")
      ->capture_default_str();
  AddOtherFlags(command, flags);
}

void AddOptionalServerFlags(CLI::App& command, ServerFlags& flags) {
  command
      .add_option("--server", flags.address,
                  "Let this server do it: host:port or unix:path")
      ->type_name("ADDRESS");
  AddOtherFlags(command, flags);
}

}  // namespace segrid::cli

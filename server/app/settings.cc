#include "server/app/settings.h"

#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/config/environment.h"
#include "core/config/load.h"
#include "core/config/network_address.h"
#include "core/receivers/factory/make_receiver.h"
#include "server/app/deduplication_notes.h"

namespace segrid::app {
namespace {

std::string Join(const std::vector<std::string>& parts) {
  std::string joined;
  for (const std::string& part : parts) {
    joined.append(joined.empty() ? "" : ", ").append(part);
  }
  return joined;
}

// Where its Tracks go, and how.
absl::StatusOr<std::string> Target(const config::Source& source,
                                   const config::Environment& environment) {
  SEGRID_ASSIGN_OR_RETURN(const receivers::Way way,
                          receivers::WayOf(source, environment.variable));
  std::string target = way.url;
  if (!way.proxy.empty()) {
    target.append(", through the proxy ").append(way.proxy);
    if (!way.variable.empty()) {
      target.append(" of the environment's ").append(way.variable);
    }
  }
  if (way.in_the_clear) {
    target += ", in the clear: keys and addresses can be read on the way";
  }
  return target;
}

// How requests to it show where they come from.
std::string HowAuthenticated(const config::Webhook& webhook) {
  if (!webhook.public_keys.empty()) return ", signed";
  if (webhook.AsksForAuthorization()) return ", with a token or password";
  return ", unsigned: every process on this machine may send events, and what "
         "a proxy passes on is refused; set public_keys before the world can "
         "reach it";
}

// The file's own addresses were checked when it was loaded.
absl::Status CheckReach(const CommandLine& line, const config::Grpc& grpc) {
  if (grpc.allow_insecure_bind || !grpc.tls.client_ca.empty()) {
    return absl::OkStatus();
  }
  for (const std::string& address : line.listen) {
    if (config::IsLocal(address)) continue;
    return base::MakeError(
        absl::StatusCode::kInvalidArgument, "INSECURE_LISTEN",
        "--listen " + address +
            ": other machines can reach it and mTLS is off; set grpc.tls with "
            "client_ca, or grpc.allow_insecure_bind: true, in the "
            "configuration");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<config::Config> LoadSettings(
    const CommandLine& line, std::map<std::string, std::string>& files) {
  config::Environment environment = config::ProcessEnvironment();
  environment.read_file = [read = environment.read_file, &files](
                              const std::string& path, std::size_t max_bytes) {
    absl::StatusOr<std::string> text = read(path, max_bytes);
    if (text.ok()) files[path] = *text;
    return text;
  };
  SEGRID_ASSIGN_OR_RETURN(config::Config config,
                          line.config_file.empty()
                              ? config::Defaults(environment)
                              : config::Load(line.config_file, environment));
  SEGRID_RETURN_IF_ERROR(CheckReach(line, config.grpc));
  ApplyOverrides(line, config);
  SEGRID_RETURN_IF_ERROR(ApplySockets(line.sockets, config));
  return config;
}

absl::StatusOr<config::Config> LoadSettings(const CommandLine& line) {
  std::map<std::string, std::string> unused;
  return LoadSettings(line, unused);
}

absl::StatusOr<std::string> Summarize(const config::Config& config) {
  const config::Environment environment = config::ProcessEnvironment();
  std::string text = "gRPC on " + Join(config.grpc.listen) +
                     (config.grpc.tls.cert.empty()        ? " without TLS"
                      : config.grpc.tls.client_ca.empty() ? " with TLS"
                                                          : " with mTLS") +
                     "\n";
  for (const config::Webhook& webhook : config.webhooks) {
    if (config.http.listen.empty()) break;
    text.append("webhook ").append(webhook.name).append(" on ");
    text.append(Join(config.http.listen));
    text.append(HowAuthenticated(webhook)).append("\n");
  }
  if (!config.admin.listen.empty()) {
    text.append("status page and metrics on ");
    text.append(Join(config.admin.listen)).append("\n");
  }
  text.append("data in ").append(config.data_dir).append("\n");
  for (const config::Source& source : config.sources) {
    SEGRID_ASSIGN_OR_RETURN(const std::string target,
                            Target(source, environment));
    text.append("source ").append(source.name).append(" -> ");
    text.append(source.receiver).append(" (").append(target);
    text.append(")\n");
  }
  text.append(DescribeDeduplication(config)).append("\n");
  return text;
}

}  // namespace segrid::app

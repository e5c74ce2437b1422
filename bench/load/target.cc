#include "bench/load/target.h"

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/echo/transport.h"
#include "client/client_options.h"
#include "client/internal/connect_probe.h"
#include "core/base/process.h"
#include "core/base/status_macros.h"
#include "grpc/grpc.h"
#include "grpcpp/create_channel.h"

namespace segrid::bench {
namespace {

constexpr std::chrono::seconds kProbePatience(1);

std::optional<internal::Finding> Probe(const Target& target) {
  std::optional<TlsOptions> tls;
  if (target.tls) {
    tls = TlsOptions{.ca_file = target.files.ca,
                     .cert_file = target.files.cert,
                     .key_file = target.files.key,
                     .server_name = target.server_name};
  }
  return internal::ProbeServer(target.address, tls, kProbePatience);
}

std::string WhyNot(const Target& target) {
  const std::optional<internal::Finding> finding = Probe(target);
  return finding ? finding->message
                 : "is the server running there, and has it room for so many "
                   "connections?";
}

}  // namespace

std::string WhyNoWebhook(const Target& target) {
  const std::optional<internal::Finding> finding = Probe(target);
  // A webhook speaks no gRPC, as it should be.
  if (!finding || finding->cause == "NOT_GRPC") return "";
  if (finding->cause == "SERVER_SPEAKS_TLS") {
    return "the server speaks TLS: use https://";
  }
  if (finding->cause == "SERVER_IS_PLAIN") {
    return "the server speaks no TLS: use http://";
  }
  return finding->message;
}

absl::StatusOr<std::vector<std::shared_ptr<grpc::Channel>>> Connect(
    const Target& target, int count, absl::Duration patience) {
  std::shared_ptr<grpc::ChannelCredentials> credentials =
      grpc::InsecureChannelCredentials();
  if (target.tls) {
    SEGRID_ASSIGN_OR_RETURN(credentials, ClientCredentials(target.files));
  }
  base::RelaxLocks();
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < count; ++i) {
    grpc::ChannelArguments arguments;
    ApplyTransport(arguments);
    // Channels to one address share a connection unless they are told not to.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    // How long an attempt may take; a busy machine is slow to answer.
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2'000);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
    // A failed call is counted as one: nothing is retried behind our back.
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    if (!target.server_name.empty()) {
      arguments.SetSslTargetNameOverride(target.server_name);
    }
    channels.push_back(
        grpc::CreateCustomChannel(target.address, credentials, arguments));
    (void)channels.back()->GetState(/*try_to_connect=*/true);
  }
  const auto deadline =
      std::chrono::system_clock::now() + absl::ToChronoNanoseconds(patience);
  for (const auto& channel : channels) {
    if (!channel->WaitForConnected(deadline)) {
      return absl::UnavailableError(
          absl::StrCat("no connection to ", target.address, " within ",
                       absl::FormatDuration(patience), ": ", WhyNot(target)));
    }
  }
  return channels;
}

}  // namespace segrid::bench

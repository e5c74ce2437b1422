#include "client/internal/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <string_view>
#include <utility>

#include "client/internal/key_pair.h"
#include "core/base/version.h"

namespace segrid::internal {
namespace {

constexpr std::size_t kMaxPemBytes = 1 << 20;

// Measured with batches of 100 events and more: 5 to 20 % over gRPC's own.
constexpr int kMaxFrameBytes = 1 << 20;
constexpr int kReadChunkBytes = 64 << 10;

// The least time that an attempt to connect gets: TLS over a far network.
constexpr int kConnectMs = 1'000;

Error BadFile(std::string_view field, const std::string& path,
              std::string_view what) {
  Error error;
  error.code = ErrorCode::kInvalidArgument;
  error.reason = "BAD_OPTION";
  error.message.append(field).append(": '").append(path).append("' ").append(
      what);
  error.field_violations.push_back({std::string(field), std::string(what)});
  return error;
}

Result<std::string> ReadPem(std::string_view field, const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  if (!file) return BadFile(field, path, "cannot be read");
  std::string text(kMaxPemBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxPemBytes) {
    return BadFile(field, path, "is over 1 MiB: not a PEM file of ours");
  }
  if (text.find("-----BEGIN ") == std::string::npos) {
    return BadFile(field, path, "is not a PEM file");
  }
  return text;
}

// gRPC would have no connection, and say no more, where these do not fit.
std::optional<Error> CheckPems(const TlsOptions& tls,
                               const grpc::SslCredentialsOptions& pems) {
  if (!pems.pem_root_certs.empty()) {
    if (const auto bad = CheckCertificate(pems.pem_root_certs)) {
      return BadFile("tls.ca_file", tls.ca_file, bad->what);
    }
  }
  if (pems.pem_cert_chain.empty()) return std::nullopt;
  const auto bad = CheckKeyPair(pems.pem_cert_chain, pems.pem_private_key);
  if (!bad) return std::nullopt;
  return bad->which == BadPem::Which::kKey
             ? BadFile("tls.key_file", tls.key_file, bad->what)
             : BadFile("tls.cert_file", tls.cert_file, bad->what);
}

Result<std::shared_ptr<grpc::ChannelCredentials>> CredentialsFor(
    const TlsOptions& tls) {
  Result<std::string> ca = ReadPem("tls.ca_file", tls.ca_file);
  if (!ca.ok()) return std::move(ca).error();
  Result<std::string> cert = ReadPem("tls.cert_file", tls.cert_file);
  if (!cert.ok()) return std::move(cert).error();
  Result<std::string> key = ReadPem("tls.key_file", tls.key_file);
  if (!key.ok()) return std::move(key).error();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = *std::move(ca);
  options.pem_cert_chain = *std::move(cert);
  options.pem_private_key = *std::move(key);
  if (auto bad = CheckPems(tls, options)) return *std::move(bad);
  return grpc::SslCredentials(options);
}

int Milliseconds(std::chrono::nanoseconds value) {
  return static_cast<int>(
      std::chrono::duration_cast<std::chrono::milliseconds>(value).count());
}

grpc::ChannelArguments ArgumentsFor(const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  const int initial = Milliseconds(options.initial_reconnect_backoff);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, initial);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS,
                   Milliseconds(options.max_reconnect_backoff));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS,
                   Milliseconds(options.keepalive_time));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                   Milliseconds(options.keepalive_timeout));
  // By default gRPC asks twice and then no more until data comes.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kMaxFrameBytes);
  arguments.SetInt(GRPC_ARG_TCP_READ_CHUNK_SIZE, kReadChunkBytes);
  // The RetryingConnection does it, by rules of its own; the filter that gRPC
  // puts into each call for its own retries costs 5 % of a call of 100 events.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetMaxReceiveMessageSize(
      static_cast<int>(options.max_response_bytes));
  arguments.SetLoadBalancingPolicyName("round_robin");
  std::string agent = options.user_agent;
  if (!agent.empty()) agent.push_back(' ');
  agent.append("segrid-client/").append(base::kVersion);
  arguments.SetUserAgentPrefix(agent);
  return arguments;
}

}  // namespace

std::string TargetOf(const std::string& address) {
  const bool list_of_addresses =
      address.find(',') != std::string::npos &&
      address.find_first_not_of("0123456789.:,") == std::string::npos;
  return list_of_addresses ? "ipv4:" + address : address;
}

Result<Channel> OpenChannel(const ClientOptions& options) {
  if (std::optional<Error> bad = options.Validate()) return *std::move(bad);
  grpc::ChannelArguments arguments = ArgumentsFor(options);
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  if (options.tls.has_value()) {
    auto made = CredentialsFor(*options.tls);
    if (!made.ok()) return std::move(made).error();
    credentials = *std::move(made);
    if (!options.tls->server_name.empty()) {
      arguments.SetSslTargetNameOverride(options.tls->server_name);
    }
  } else {
    credentials = grpc::InsecureChannelCredentials();
  }
  return Channel{
      .grpc = grpc::CreateCustomChannel(TargetOf(options.address), credentials,
                                        arguments),
      .address = options.address,
      .timeout = options.timeout,
      .wait_for_ready = options.wait_for_ready,
      .authorization =
          options.token.empty() ? std::string() : "Bearer " + options.token,
      .process = getpid(),
      .probe = std::make_shared<ConnectProbe>(options.address, options.tls)};
}

}  // namespace segrid::internal

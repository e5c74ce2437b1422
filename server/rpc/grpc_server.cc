#include "server/rpc/grpc_server.h"

#include <grpc/grpc.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/server_builder.h>

#include <deque>
#include <utility>

#include "core/base/status_macros.h"
#include "server/rpc/listener_check.h"

namespace segrid::rpc {
namespace {

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

void SetLimits(const GrpcServerOptions& options, grpc::ServerBuilder& builder) {
  const std::pair<const char*, int> arguments[] = {
      {GRPC_ARG_MAX_METADATA_SIZE, options.max_metadata_bytes},
      {GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_concurrent_streams},
      {GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
       Milliseconds(options.handshake_timeout)},
      {GRPC_ARG_MAX_CONNECTION_IDLE_MS,
       Milliseconds(options.max_connection_idle)},
      {GRPC_ARG_MAX_CONNECTION_AGE_MS,
       Milliseconds(options.max_connection_age)},
      {GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
       Milliseconds(options.max_connection_age_grace)},
      {GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(options.keepalive_time)},
      {GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(options.keepalive_timeout)},
      {GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1},
      {GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
       Milliseconds(options.min_client_ping_interval)},
      {GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2},
      // 5 to 20 % more calls of 100 events and more.
      {GRPC_ARG_HTTP2_MAX_FRAME_SIZE, 1 << 20},
      {GRPC_ARG_TCP_READ_CHUNK_SIZE, 64 << 10},
      {GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0},
      // Else a second server on the same port would take half of the calls.
      {GRPC_ARG_ALLOW_REUSEPORT, 0},
  };
  for (const auto& [name, value] : arguments) {
    builder.AddChannelArgument(name, value);
  }
  // gRPC unpacks a message before it looks at its size: 0.9 MB of gzip cost 972
  // MB. Compressed messages get UNIMPLEMENTED, and nothing is unpacked.
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
  }
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
}

bool IsUnix(const std::string& address) {
  return address.compare(0, 5, "unix:") == 0;
}

std::string WithPort(const std::string& address, int port) {
  return address.substr(0, address.rfind(':') + 1) + std::to_string(port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const GrpcServerOptions& options,
    const std::vector<grpc::Service*>& services) {
  // Named here so that the linker keeps the plugin; a second call does nothing.
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  SetLimits(options, builder);
  std::deque<int> ports;  // A deque: gRPC keeps pointers into it.
  for (const std::string& address : options.listen) {
    SEGRID_RETURN_IF_ERROR(CheckBeforeListening(address));
    builder.AddListeningPort(address, options.credentials,
                             &ports.emplace_back(0));
  }
  for (grpc::Service* service : services) builder.RegisterService(service);
  if (options.make_interceptor) {
    std::vector<
        std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
        factories;
    factories.push_back(options.make_interceptor());
    builder.experimental().SetInterceptorCreators(std::move(factories));
  }
  std::unique_ptr<GrpcServer> server(new GrpcServer());
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr) {
    // gRPC stops at the first address that it cannot bind.
    std::size_t failed = 0;
    while (failed + 1 < ports.size() && ports[failed] != 0) ++failed;
    return ExplainListenFailure(options.listen[failed]);
  }
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const std::string& address = options.listen[i];
    server->addresses_.push_back(IsUnix(address) ? address
                                                 : WithPort(address, ports[i]));
    if (!IsUnix(address) && server->port_ == 0) server->port_ = ports[i];
  }
  return server;
}

GrpcServer::~GrpcServer() {
  if (server_ != nullptr) Shutdown(absl::InfinitePast());
}

void GrpcServer::Shutdown(absl::Time deadline) {
  server_->Shutdown(absl::ToChronoTime(deadline));
  server_->Wait();
}

}  // namespace segrid::rpc

#include "server/rpc/grpc_server.h"

#include <grpc/grpc.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/server_builder.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "core/base/error_info.h"
#include "core/base/process.h"
#include "core/base/status_macros.h"
#include "core/base/thread_name.h"
#include "server/auth/unix_peers.h"
#include "server/http/listen_socket.h"
#include "server/rpc/unix_credentials.h"

namespace segrid::rpc {
namespace {

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

void SetLimits(const config::Grpc& options, grpc::ServerBuilder& builder) {
  const std::pair<const char*, int> arguments[] = {
      {GRPC_ARG_MAX_METADATA_SIZE,
       static_cast<int>(options.max_metadata_bytes)},
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
       Milliseconds(options.min_ping_interval)},
      {GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2},
      // 5 to 20 % more calls of 100 events and more.
      {GRPC_ARG_HTTP2_MAX_FRAME_SIZE, 1 << 20},
      {GRPC_ARG_TCP_READ_CHUNK_SIZE, 64 << 10},
      {GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0},
      // What FloodWatch asks.
      {GRPC_ARG_ENABLE_CHANNELZ, 1},
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

// What connections may take of the process's descriptors: the queue, the logs
// and the deliveries need some, too.
ConnectionLimits WithinDescriptors(ConnectionLimits limits) {
  constexpr rlim_t kOthers = 64;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return limits;
  const rlim_t others = std::max(kOthers, files.rlim_cur / 4);
  const rlim_t left = files.rlim_cur > others ? files.rlim_cur - others : 1;
  limits.max = static_cast<std::int32_t>(
      std::min<rlim_t>(left, static_cast<rlim_t>(limits.max)));
  return limits;
}

AcceptLoop::Options LoopOptions(const GrpcServerOptions& from) {
  const config::Grpc& config = from.config;
  AcceptLoop::Options options;
  if (config.tls.cert.empty()) options.on_tls_client = from.on_tls_client;
  options.floods.max_streams = config.max_concurrent_streams;
  options.floods.max_message_bytes = config.max_message_bytes;
  options.floods.max_untaken_bytes = config.max_bytes_in_flight / 2;
  options.connections = WithinDescriptors(
      {config.max_connections, config.max_connections_per_peer});
  if (!config.tls.cert.empty()) {
    options.handshakes = {config.max_handshakes, config.max_handshakes_per_peer,
                          config.handshake_timeout};
  }
  return options;
}

using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

std::shared_ptr<Acceptor> AddAcceptor(
    grpc::ServerBuilder& builder,
    const std::shared_ptr<grpc::ServerCredentials>& credentials) {
  using Builder = grpc::ServerBuilder::experimental_type;
  return builder.experimental().AddExternalConnectionAcceptor(
      Builder::ExternalConnectionType::FROM_FD, credentials);
}

// Where connections of Unix sockets go, by what their peers may do.
class UnixAcceptors {
 public:
  UnixAcceptors(const config::Grpc& config,
                const std::vector<httpd::ListenSocket>& sockets,
                grpc::ServerBuilder& builder)
      : peers_(config.unix_peers, ::geteuid()) {
    for (const httpd::ListenSocket& socket : sockets) {
      if (socket.address().compare(0, 5, "unix:") == 0) {
        listeners_.push_back(socket.fd());
      }
    }
    if (listeners_.empty()) return;
    for (const auth::UnixGrant& grant : peers_.Grants()) {
      acceptors_.emplace_back(grant,
                              AddAcceptor(builder, UnixCredentials(grant)));
    }
  }

  bool IsListener(int descriptor) const {
    return std::find(listeners_.begin(), listeners_.end(), descriptor) !=
           listeners_.end();
  }

  // Null when the peer may not connect.
  std::shared_ptr<Acceptor> AcceptorOf(int connection) const {
    const std::optional<auth::UnixIdentity> identity =
        auth::IdentityOf(connection);
    if (!identity.has_value()) return nullptr;
    const std::optional<auth::UnixGrant> grant = peers_.Find(*identity);
    for (const auto& [each, acceptor] : acceptors_) {
      if (grant == each) return acceptor;
    }
    return nullptr;
  }

 private:
  auth::UnixPeers peers_;
  std::vector<int> listeners_;
  std::vector<std::pair<auth::UnixGrant, std::shared_ptr<Acceptor>>> acceptors_;
};

// Closes all connections once nothing was going on for a while.
void CloseWhenIdle(const std::function<bool()>& is_idle, grpc_server* server,
                   absl::Notification& ended) {
  base::NameThread("grpc drain");
  constexpr absl::Duration kLook = absl::Milliseconds(10);
  constexpr int kIdleLooks = 25;
  int idle = 0;
  while (!ended.WaitForNotificationWithTimeout(kLook)) {
    idle = is_idle() ? idle + 1 : 0;
    if (idle == kIdleLooks) grpc_server_cancel_all_calls(server);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const GrpcServerOptions& options,
    const std::vector<grpc::Service*>& services) {
  // Named here so that the linker keeps the plugin; a second call does nothing.
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  // Here as well as in main(), because an embedding program has its own.
  base::RelaxLocks();
  grpc::ServerBuilder builder;
  SetLimits(options.config, builder);
  std::unique_ptr<GrpcServer> server(new GrpcServer());
  std::vector<httpd::ListenSocket> sockets;
  server->listen_ = options.config.listen;
  for (const std::string& address : options.config.listen) {
    SEGRID_ASSIGN_OR_RETURN(
        httpd::ListenSocket socket,
        httpd::ListenSocket::Open(address, options.config.unix_file));
    server->addresses_.push_back(socket.address());
    if (server->port_ == 0) server->port_ = socket.port();
    sockets.push_back(std::move(socket));
  }
  const std::shared_ptr<Acceptor> acceptor =
      AddAcceptor(builder, options.credentials);
  UnixAcceptors unix_acceptors(options.config, sockets, builder);
  for (grpc::Service* service : services) builder.RegisterService(service);
  if (options.make_interceptor) {
    std::vector<
        std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
        factories;
    factories.push_back(options.make_interceptor());
    builder.experimental().SetInterceptorCreators(std::move(factories));
  }
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr) {
    return base::MakeError(absl::StatusCode::kInternal, "CANNOT_START",
                           "gRPC could not start; run with GRPC_VERBOSITY=info "
                           "to see why");
  }
  server->acceptor_ = std::make_unique<AcceptLoop>(
      std::move(sockets), LoopOptions(options),
      [acceptor = std::move(acceptor),
       unix_acceptors = std::move(unix_acceptors),
       hand_overs = server->hand_overs_.get()](int listener, int connection) {
        const std::shared_ptr<Acceptor> to =
            unix_acceptors.IsListener(listener)
                ? unix_acceptors.AcceptorOf(connection)
                : acceptor;
        if (to == nullptr) return false;
        Acceptor::NewConnectionParameters taken;
        taken.listener_fd = listener;
        taken.fd = connection;
        // gRPC may serve the connection in this very call, for as long as its
        // client sends without a pause.
        return hand_overs->Post(
            [to, taken]() mutable { to->HandleNewConnection(&taken); });
      },
      *server->counts_, options.taken);
  return server;
}

GrpcServer::~GrpcServer() {
  if (server_ != nullptr) Shutdown(absl::InfinitePast());
}

void GrpcServer::KeepAddresses(const std::vector<std::string>& listen,
                               absl::Duration grace) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < listen_.size(); ++i) {
    if (std::find(listen.begin(), listen.end(), listen_[i]) == listen.end()) {
      places.push_back(i);
    }
  }
  if (!places.empty()) acceptor_->Close(std::move(places), grace);
}

void GrpcServer::Shutdown(absl::Time deadline,
                          const std::function<bool()>& is_idle) {
  acceptor_.reset();
  absl::Notification ended;
  std::thread closer(
      [&] { CloseWhenIdle(is_idle, server_->c_server(), ended); });
  server_->Shutdown(absl::ToChronoTime(deadline));
  server_->Wait();
  hand_overs_.reset();
  ended.Notify();
  closer.join();
}

}  // namespace segrid::rpc

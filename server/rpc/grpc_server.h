// The gRPC listener with the settings that this platform needs.

#pragma once

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/support/server_interceptor.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/config/config.h"
#include "server/rpc/accept_loop.h"
#include "server/rpc/open_connections.h"
#include "server/rpc/worker.h"

namespace segrid::rpc {

// How the listener is set up: by the configuration, whose values are those of
// its own defaults or within its bounds, and by what no file can say. The
// defaults were chosen from measurements and from hazards of gRPC 1.51 that
// were found by trying; see the comments in grpc_server.cc.
struct GrpcServerOptions {
  // Addresses (port 0: any free) and limits. Fewer connections than it allows
  // where the process may not have so many descriptors. Its tls, tokens and
  // max_events are others' business.
  config::Grpc config;
  std::shared_ptr<grpc::ServerCredentials> credentials;
  // Makes what sees each call, e.g. to count it. May be empty.
  std::function<
      std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>()>
      make_interceptor{};
  // Where the calls count what they take; see CallGuard. Outlives the server.
  // Null: messages that no call takes are not looked for.
  TakenBytes* taken = nullptr;
  // Hears of each client that speaks TLS while `credentials` have none. In a
  // thread of the listener; may be empty; must not block for long.
  std::function<void()> on_tls_client{};
};

// A running gRPC server.
//
// Ownership:     the services belong to the caller and must outlive it.
// Thread safety: any thread.
class GrpcServer {
 public:
  // Binds all addresses and starts to serve. Reflection is always on.
  //
  // UNAVAILABLE, CANNOT_LISTEN: an address is taken, not this machine's, or not
  // allowed; the message names it and says why.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const GrpcServerOptions& options,
      const std::vector<grpc::Service*>& services);

  // Ends the server at once, if Shutdown has not.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // Where it listened at first, with the port that was chosen for port 0, in
  // the order of the options.
  const std::vector<std::string>& addresses() const { return addresses_; }

  // The port of the first address that is no Unix socket; 0 without one.
  int port() const { return port_; }

  // Stops listening on the addresses of the options that `listen` lacks; see
  // AcceptLoop::Close. Blocks until they are closed. One caller at a time.
  void KeepAddresses(const std::vector<std::string>& listen,
                     absl::Duration grace);

  // Refuses new calls (GOAWAY), waits for those that run, and cancels them at
  // `deadline`. A client that is not listening would keep its idle connection
  // open until then, so all are closed when `is_idle` (any thread) has held for
  // a quarter of a second: no call is being worked on. Blocks until every call
  // object has ended: forever, when one never does.
  void Shutdown(
      absl::Time deadline,
      const std::function<bool()>& is_idle = [] { return false; });

  const AcceptCounts& counts() const { return *counts_; }

  // For calls within the process.
  grpc::Server& server() { return *server_; }

 private:
  GrpcServer() = default;

  std::unique_ptr<grpc::Server> server_;
  std::vector<std::string> listen_;     // As the options have it.
  std::vector<std::string> addresses_;  // The same, as it is.
  int port_ = 0;
  const std::unique_ptr<AcceptCounts> counts_ =
      std::make_unique<AcceptCounts>();
  // Connections that are accepted and wait for gRPC.
  static constexpr std::size_t kMaxHandOvers = 1'024;
  std::unique_ptr<Worker> hand_overs_ =
      std::make_unique<Worker>(kMaxHandOvers, "grpc hand-over");
  std::unique_ptr<AcceptLoop> acceptor_;
};

}  // namespace segrid::rpc

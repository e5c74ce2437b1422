// The gRPC listener of an Embedded, for neighbours of its host.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/engine/engine.h"
#include "server/auth/authorizer.h"
#include "server/budget/byte_budget.h"
#include "server/rpc/admin_service.h"
#include "server/rpc/admission.h"
#include "server/rpc/bridge_service.h"
#include "server/rpc/call_guard.h"
#include "server/rpc/credentials.h"
#include "server/rpc/grpc_server.h"
#include "server/rpc/health_service.h"
#include "server/rpc/tail.h"

namespace segrid::embedded {

// The parts that the services work with. All must outlive them.
struct GrpcListenerDeps {
  base::Clock& clock;
  engine::Engine& engine;
  rpc::Tails& tails;
};

// The services of the server over the engine of the host, at the addresses and
// with the certificates, tokens and limits of `grpc` in the configuration.
//
// Ownership:     keeps references to its parts.
// Thread safety: Close by one thread, the rest by any.
// Blocking:      Open for the disk, Close as it says.
class GrpcListener {
 public:
  // `on_drain` is what a caller of AdminService.Drain gets; may be empty.
  // Errors: CANNOT_LISTEN, BAD_CERTIFICATE, BAD_DATA_DIR.
  static absl::StatusOr<std::unique_ptr<GrpcListener>> Open(
      const config::Config& config, const GrpcListenerDeps& deps,
      std::function<void()> on_drain);

  // Closes it at once, if Close() has not.
  ~GrpcListener();
  GrpcListener(const GrpcListener&) = delete;
  GrpcListener& operator=(const GrpcListener&) = delete;

  const std::vector<std::string>& addresses() const {
    return server_->addresses();
  }

  // Refuses new calls, ends streams, and waits for the calls that run, at most
  // until `deadline`. Idempotent.
  void Close(absl::Time deadline);

 private:
  GrpcListener(const config::Config& config, const GrpcListenerDeps& deps,
               std::function<void()> on_drain);

  const config::Config config_;
  rpc::Admission admission_;
  budget::ByteBudget bytes_;
  auth::Authorizer authorizer_;
  rpc::CallGuard guard_;
  rpc::BridgeService bridge_;
  rpc::AdminService admin_;
  rpc::HealthService health_;
  std::unique_ptr<rpc::Credentials> credentials_;
  std::unique_ptr<rpc::GrpcServer> server_;
  bool closed_ = false;
};

}  // namespace segrid::embedded

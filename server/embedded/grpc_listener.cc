#include "server/embedded/grpc_listener.h"

#include <utility>

#include "core/base/status_macros.h"

namespace segrid::embedded {

GrpcListener::GrpcListener(const config::Config& config,
                           const GrpcListenerDeps& deps,
                           std::function<void()> on_drain)
    : config_(config),
      bytes_(config.grpc.max_bytes_in_flight),
      authorizer_(config.grpc),
      guard_(admission_, authorizer_, deps.clock, bytes_,
             config.grpc.max_waiting_calls),
      bridge_({deps.clock, deps.engine.pipeline(), admission_, guard_}, {}),
      admin_({[config = std::make_shared<const config::Config>(config)] {
                return config;
              },
              deps.clock, deps.engine.queue(), deps.engine.deliverer(),
              deps.engine.pool(), admission_, guard_, deps.tails,
              on_drain ? std::move(on_drain) : [] {},
              /*reload_config=*/{}}),
      health_(admission_, {::segrid::v1::BridgeService::service_full_name(),
                           ::segrid::v1::AdminService::service_full_name(),
                           grpc::health::v1::Health::service_full_name()}) {}

absl::StatusOr<std::unique_ptr<GrpcListener>> GrpcListener::Open(
    const config::Config& config, const GrpcListenerDeps& deps,
    std::function<void()> on_drain) {
  std::unique_ptr<GrpcListener> listener(
      new GrpcListener(config, deps, std::move(on_drain)));
  SEGRID_ASSIGN_OR_RETURN(
      listener->credentials_,
      rpc::Credentials::Create(config.grpc.tls, config.data_dir + "/grpc-tls",
                               deps.clock.Now()));
  SEGRID_ASSIGN_OR_RETURN(
      listener->server_,
      rpc::GrpcServer::Start(
          {config.grpc,
           listener->credentials_->get(),
           {},
           &listener->guard_.taken()},
          {&listener->bridge_, &listener->admin_, &listener->health_}));
  return listener;
}

GrpcListener::~GrpcListener() { Close(absl::InfinitePast()); }

void GrpcListener::Close(absl::Time deadline) {
  if (server_ == nullptr || std::exchange(closed_, true)) return;
  admission_.StartDraining();
  health_.SetServing(false);
  admission_.StopAccepting();
  server_->Shutdown(deadline, [this] { return guard_.IsIdle(); });
}

}  // namespace segrid::embedded

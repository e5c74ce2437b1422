#include "server/rpc/health_service.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "core/base/error_info.h"
#include "server/rpc/error_status.h"
#include "server/rpc/health_watch.h"

namespace segrid::rpc {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

HealthService::HealthService(Admission& admission,
                             std::vector<std::string> services)
    : admission_(admission), services_(std::move(services)) {}

void HealthService::SetServing(bool serving) {
  absl::MutexLock lock(&mu_);
  serving_ = serving;
  // A watch that has just ended waits in Leave(); telling it does no harm.
  for (const auto& watch : watches_) watch->SetStatus(StatusNow());
}

grpc::ServerUnaryReactor* HealthService::Check(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request,
    HealthCheckResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  if (!IsKnown(request->service())) {
    reactor->Finish(ToGrpcStatus(base::MakeError(
        absl::StatusCode::kNotFound, "UNKNOWN_SERVICE",
        "the server has no such service: ask for \"\" or for one of those that "
        "reflection lists")));
    return reactor;
  }
  {
    absl::MutexLock lock(&mu_);
    response->set_status(StatusNow());
  }
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* /*context*/,
    const HealthCheckRequest* request) {
  auto watch = std::make_shared<HealthWatch>(
      [this](const std::shared_ptr<HealthWatch>& done) { Leave(done); });
  watch->Start();
  {
    absl::MutexLock lock(&mu_);
    const bool known = IsKnown(request->service());
    if (known) watches_.insert(watch);
    watch->SetStatus(known ? StatusNow()
                           : HealthCheckResponse::SERVICE_UNKNOWN);
  }
  if (!admission_.Enter(watch)) watch->EndForDrain();
  return watch.get();
}

void HealthService::Leave(const std::shared_ptr<HealthWatch>& watch) {
  admission_.Leave(watch);
  absl::MutexLock lock(&mu_);
  watches_.erase(watch);
}

bool HealthService::IsKnown(const std::string& service) const {
  return service.empty() || std::find(services_.begin(), services_.end(),
                                      service) != services_.end();
}

HealthService::ServingStatus HealthService::StatusNow() const {
  // A server that stops never serves again, whoever says so late.
  return serving_ && admission_.ready() ? HealthCheckResponse::SERVING
                                        : HealthCheckResponse::NOT_SERVING;
}

}  // namespace segrid::rpc

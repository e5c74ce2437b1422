#include "server/rpc/health_service.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "core/base/error_info.h"
#include "server/rpc/bytes.h"
#include "server/rpc/error_status.h"
#include "server/rpc/health_watch.h"

namespace segrid::rpc {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

HealthService::HealthService(Admission& admission,
                             std::vector<std::string> services,
                             const CallGuard* guard)
    : admission_(admission), services_(std::move(services)), guard_(guard) {}

void HealthService::SetServing(bool serving) {
  absl::MutexLock lock(&mu_);
  serving_ = serving;
  // A watch that has just ended waits in Leave(); telling it does no harm.
  for (const auto& watch : watches_) watch->SetStatus(StatusNow());
}

grpc::ServerUnaryReactor* HealthService::Check(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  HealthCheckRequest message;
  absl::Status status = ParseMessage(*request, message);
  if (status.ok() && !IsKnown(message.service())) {
    status = base::MakeError(
        absl::StatusCode::kNotFound, "UNKNOWN_SERVICE",
        "the server has no such service: ask for \"\" or for one of those that "
        "reflection lists");
  }
  if (status.ok()) {
    HealthCheckResponse answer;
    absl::MutexLock lock(&mu_);
    answer.set_status(StatusNow());
    *response = SerializeMessage(answer);
  }
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* HealthService::Watch(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  HealthCheckRequest message;
  const absl::Status parsed = ParseMessage(*request, message);
  std::unique_ptr<KnownCaller> caller;
  if (guard_ != nullptr) {
    // No make_unique, because a KnownCaller cannot be moved.
    caller.reset(new KnownCaller(guard_->Remember(*context, std::nullopt)));
  }
  auto watch = std::make_shared<HealthWatch>(
      std::move(caller),
      [this](const std::shared_ptr<HealthWatch>& done) { Leave(done); });
  watch->Start();
  if (!parsed.ok()) {
    watch->End(parsed);
    return watch.get();
  }
  {
    absl::MutexLock lock(&mu_);
    const bool known = IsKnown(message.service());
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

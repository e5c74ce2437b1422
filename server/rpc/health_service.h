// grpc.health.v1: whether the server wants calls.

#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/rpc/admission.h"

namespace segrid::rpc {

class HealthWatch;

// Answers for "" (the whole server) and for each of its services, which share
// one state. An own service, because the watches of gRPC's default one never
// end by themselves and would hold up every shutdown to its deadline.
//
// Ownership:     keeps a reference to `admission`; shares the watches until
//                they end.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
// Errors:        Check of an unknown service: NOT_FOUND, UNKNOWN_SERVICE. Watch
//                tells SERVICE_UNKNOWN and goes on, as the protocol wants it.
class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  // `services` are full names, such as `segrid.v1.BridgeService`. Starts with
  // SERVING.
  HealthService(Admission& admission, std::vector<std::string> services);

  // Tells everyone who asks or watches.
  void SetServing(bool serving);

  grpc::ServerUnaryReactor* Check(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request,
      grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  using ServingStatus = grpc::health::v1::HealthCheckResponse::ServingStatus;

  // Forgets a watch that has ended.
  void Leave(const std::shared_ptr<HealthWatch>& watch);
  bool IsKnown(const std::string& service) const;
  ServingStatus StatusNow() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Admission& admission_;
  const std::vector<std::string> services_;

  absl::Mutex mu_;
  bool serving_ ABSL_GUARDED_BY(mu_) = true;
  std::set<std::shared_ptr<HealthWatch>> watches_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::rpc

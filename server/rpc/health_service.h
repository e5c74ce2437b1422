// grpc.health.v1: whether the server wants calls.

#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_guard.h"

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
//                Both: INVALID_ARGUMENT, MALFORMED_REQUEST.
class HealthService final
    : public grpc::health::v1::Health::WithRawCallbackMethod_Check<
          grpc::health::v1::Health::WithRawCallbackMethod_Watch<
              grpc::health::v1::Health::Service>> {
 public:
  // `services` are full names, such as `segrid.v1.BridgeService`. Starts with
  // SERVING. `guard`, which may be null, knows when the authority of a
  // watcher's certificate is none any more.
  HealthService(Admission& admission, std::vector<std::string> services,
                const CallGuard* guard = nullptr);

  // Tells everyone who asks or watches.
  void SetServing(bool serving);

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;

 private:
  using ServingStatus = grpc::health::v1::HealthCheckResponse::ServingStatus;

  // Forgets a watch that has ended.
  void Leave(const std::shared_ptr<HealthWatch>& watch);
  bool IsKnown(const std::string& service) const;
  ServingStatus StatusNow() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Admission& admission_;
  const std::vector<std::string> services_;
  const CallGuard* const guard_;

  absl::Mutex mu_;
  bool serving_ ABSL_GUARDED_BY(mu_) = true;
  std::set<std::shared_ptr<HealthWatch>> watches_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::rpc

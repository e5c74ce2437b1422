// The call object of a health watch.

#pragma once

#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/rpc/admission.h"

namespace segrid::rpc {

// Writes each change of the status; of several changes during one write, only
// the last.
//
// Ownership:     owns itself from Start() until gRPC is done with it; whoever
//                tells it the status shares it.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class HealthWatch final
    : public grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>,
      public OpenCall,
      public std::enable_shared_from_this<HealthWatch> {
 public:
  using ServingStatus = grpc::health::v1::HealthCheckResponse::ServingStatus;

  // Runs, with the watch, when gRPC is done with the call.
  using Done = std::function<void(const std::shared_ptr<HealthWatch>&)>;

  explicit HealthWatch(Done on_done) : on_done_(std::move(on_done)) {}

  // Call once, when the watch is held by a shared_ptr.
  void Start() { self_ = shared_from_this(); }

  void SetStatus(ServingStatus status);
  void EndForDrain() override;

 private:
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Done on_done_;
  std::shared_ptr<HealthWatch> self_;  // Start() to OnDone().

  absl::Mutex mu_;
  ServingStatus status_ ABSL_GUARDED_BY(mu_) =
      grpc::health::v1::HealthCheckResponse::UNKNOWN;
  // What is or was written. UNKNOWN: nothing yet.
  grpc::health::v1::HealthCheckResponse written_ ABSL_GUARDED_BY(mu_);
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace segrid::rpc

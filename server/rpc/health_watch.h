// The call object of a health watch.

#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/rpc/admission.h"
#include "server/rpc/known_caller.h"

namespace segrid::rpc {

// Writes each change of the status; of several changes during one write, only
// the last.
//
// Ownership:     owns itself from Start() until gRPC is done with it; whoever
//                tells it the status shares it.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class HealthWatch final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                          public OpenCall,
                          public std::enable_shared_from_this<HealthWatch> {
 public:
  using ServingStatus = grpc::health::v1::HealthCheckResponse::ServingStatus;

  // Runs, with the watch, when gRPC is done with the call.
  using Done = std::function<void(const std::shared_ptr<HealthWatch>&)>;

  // `caller` may be null: then Recheck does nothing.
  HealthWatch(std::unique_ptr<KnownCaller> caller, Done on_done)
      : caller_(std::move(caller)), on_done_(std::move(on_done)) {}

  // Call once, when the watch is held by a shared_ptr.
  void Start() { self_ = shared_from_this(); }

  void SetStatus(ServingStatus status);
  void EndForDrain() override;
  void Recheck() override;
  // Ends with an error, at once.
  void End(const absl::Status& status);

 private:
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::unique_ptr<KnownCaller> caller_;
  const Done on_done_;
  std::shared_ptr<HealthWatch> self_;  // Start() to OnDone().

  absl::Mutex mu_;
  ServingStatus status_ ABSL_GUARDED_BY(mu_) =
      grpc::health::v1::HealthCheckResponse::UNKNOWN;
  // What is or was written. UNKNOWN: nothing yet.
  grpc::health::v1::HealthCheckResponse written_ ABSL_GUARDED_BY(mu_);
  grpc::ByteBuffer bytes_ ABSL_GUARDED_BY(mu_);  // Of it.
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace segrid::rpc

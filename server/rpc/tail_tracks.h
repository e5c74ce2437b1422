// The call object of TailTracks.

#pragma once

#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/pool/executor.h"
#include "segrid/v1/admin.pb.h"
#include "server/rpc/admin_environment.h"
#include "server/rpc/tail.h"
#include "server/rpc/tail_redactor.h"

namespace segrid::rpc {

// What a request asks for.
// NOT_FOUND, UNKNOWN_SOURCE; INVALID_ARGUMENT, BAD_SAMPLE.
absl::StatusOr<TailOptions> ReadTailRequest(
    const ::segrid::v1::TailTracksRequest& request,
    const config::Config& config);

// Writes what has passed, at most every 100 ms and 100 Tracks at a time;
// redacting is done in the pool, so that no Forward waits for it.
//
// Ownership:     owns itself from Start() until gRPC is done with it; the
//                environment and the redactor outlive it.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class TailTracks final
    : public grpc::ServerWriteReactor<::segrid::v1::TailTracksResponse>,
      public OpenCall,
      public std::enable_shared_from_this<TailTracks> {
 public:
  TailTracks(const AdminEnvironment& environment, const TailRedactor& redactor)
      : environment_(environment), redactor_(redactor) {}

  // Call once, when it is held by a shared_ptr. With an error (of
  // ReadTailRequest, or of the caller), ends the call at once.
  void Start(absl::StatusOr<TailOptions> options);

  void EndForDrain() override;

 private:
  void End(grpc::Status status) ABSL_LOCKS_EXCLUDED(mu_);
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  void LookLater() ABSL_LOCKS_EXCLUDED(mu_);
  void Look() ABSL_LOCKS_EXCLUDED(mu_);

  const AdminEnvironment& environment_;
  const TailRedactor& redactor_;
  std::shared_ptr<TailTracks> self_;           // Start() to OnDone().
  std::shared_ptr<Tail> tail_;                 // Since Start().
  ::segrid::v1::TailTracksResponse response_;  // gRPC's during a write.
  bool has_answered_ = false;

  absl::Mutex mu_;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  std::unique_ptr<pool::Timer> timer_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::rpc

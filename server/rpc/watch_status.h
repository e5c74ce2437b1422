// The call object of WatchStatus.

#pragma once

#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/pool/executor.h"
#include "segrid/v1/admin.pb.h"
#include "server/rpc/admin_environment.h"

namespace segrid::rpc {

// The time between two answers.
// INVALID_ARGUMENT, BAD_INTERVAL: it is out of range.
absl::StatusOr<absl::Duration> WatchInterval(
    const ::segrid::v1::WatchStatusRequest& request);

// Writes the status at once and then again and again, each time one interval
// after the answer before was written. No thread waits.
//
// Ownership:     owns itself from Start() until gRPC is done with it.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class WatchStatus final
    : public grpc::ServerWriteReactor<::segrid::v1::WatchStatusResponse>,
      public OpenCall,
      public std::enable_shared_from_this<WatchStatus> {
 public:
  struct Options {
    absl::Duration interval;
    absl::Time start_time;  // Of the server.
  };

  WatchStatus(const AdminEnvironment& environment, const Options& options)
      : environment_(environment), options_(options) {}

  // Call once, when the watch is held by a shared_ptr. With an error (of
  // WatchInterval, or of the caller), ends the call at once.
  void Start(const absl::Status& request_status);

  void EndForDrain() override;

 private:
  void End(grpc::Status status) ABSL_LOCKS_EXCLUDED(mu_);
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  void WriteStatus() ABSL_LOCKS_EXCLUDED(mu_);

  const AdminEnvironment& environment_;
  const Options options_;
  std::shared_ptr<WatchStatus> self_;           // Start() to OnDone().
  ::segrid::v1::WatchStatusResponse response_;  // gRPC's during a write.

  absl::Mutex mu_;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  std::unique_ptr<pool::Timer> timer_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::rpc

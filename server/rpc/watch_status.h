// The call object of WatchStatus.

#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "segrid/v1/admin.pb.h"
#include "server/rpc/admin_environment.h"
#include "server/rpc/repeated_answer.h"

namespace segrid::rpc {

// The time between two answers.
// INVALID_ARGUMENT, BAD_INTERVAL: it is out of range.
absl::StatusOr<absl::Duration> WatchInterval(
    const ::segrid::v1::WatchStatusRequest& request);

// Writes the status, one interval after the answer before was written. See
// RepeatedAnswer.
class WatchStatus final
    : public RepeatedAnswer<::segrid::v1::WatchStatusResponse> {
 public:
  struct Options {
    absl::Duration interval;
    absl::Time start_time;  // Of the server.
  };

  WatchStatus(const AdminEnvironment& environment,
              grpc::CallbackServerContext& context, const Options& options)
      : RepeatedAnswer(environment, context, options.interval),
        start_time_(options.start_time) {}

  // With an error (of WatchInterval, or of the caller), ends the call at once.
  // Call once, when the watch is held by a shared_ptr.
  void Start(const absl::Status& request_status) { Begin(request_status); }

 private:
  void Answer() override;

  const absl::Time start_time_;
};

}  // namespace segrid::rpc

#include "server/rpc/watch_status.h"

#include <utility>

#include "core/base/error_info.h"
#include "server/rpc/error_status.h"
#include "server/rpc/server_status.h"

namespace segrid::rpc {

absl::StatusOr<absl::Duration> WatchInterval(
    const ::segrid::v1::WatchStatusRequest& request) {
  if (!request.has_interval()) return absl::Seconds(1);
  const absl::Duration interval = absl::Seconds(request.interval().seconds()) +
                                  absl::Nanoseconds(request.interval().nanos());
  if (interval < absl::Milliseconds(100) || interval > absl::Hours(1)) {
    return base::MakeFieldError("BAD_INTERVAL", "interval",
                                "must be 100 ms to 1 h");
  }
  return interval;
}

void WatchStatus::Start(const absl::Status& request_status) {
  self_ = shared_from_this();
  if (!request_status.ok()) {
    End(ToGrpcStatus(request_status));
  } else if (environment_.admission.Enter(self_)) {
    WriteStatus();
  } else {
    EndForDrain();
  }
}

void WatchStatus::End(grpc::Status status) {
  std::unique_ptr<pool::Timer> timer;  // Destroyed outside the lock.
  absl::MutexLock lock(&mu_);
  if (finished_) return;
  finished_ = true;
  timer = std::move(timer_);
  Finish(std::move(status));
}

void WatchStatus::EndForDrain() { End(ToGrpcStatus(DrainingError())); }

void WatchStatus::OnWriteDone(bool ok) {
  if (!ok) {
    End(grpc::Status::CANCELLED);
    return;
  }
  absl::MutexLock lock(&mu_);
  if (finished_) return;
  timer_ = environment_.executor.After(
      options_.interval, [self = shared_from_this()] { self->WriteStatus(); });
}

void WatchStatus::OnCancel() { End(grpc::Status::CANCELLED); }

void WatchStatus::OnDone() {
  environment_.admission.Leave(self_);
  self_.reset();  // May delete this.
}

void WatchStatus::WriteStatus() {
  absl::StatusOr<::segrid::v1::ServerStatus> status =
      TakeServerStatus(environment_, options_.start_time);
  if (!status.ok()) {
    End(ToGrpcStatus(status.status()));
    return;
  }
  absl::MutexLock lock(&mu_);
  if (finished_) return;
  *response_.mutable_status() = *std::move(status);
  StartWrite(&response_);
}

}  // namespace segrid::rpc

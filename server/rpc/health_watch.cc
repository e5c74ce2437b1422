#include "server/rpc/health_watch.h"

#include "server/rpc/error_status.h"

namespace segrid::rpc {

void HealthWatch::SetStatus(ServingStatus status) {
  absl::MutexLock lock(&mu_);
  status_ = status;
  Proceed();
}

void HealthWatch::EndForDrain() {
  absl::MutexLock lock(&mu_);
  ending_ = true;
  Proceed();
}

void HealthWatch::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mu_);
  writing_ = false;
  if (!ok) ending_ = true;
  Proceed();
}

void HealthWatch::OnCancel() {
  absl::MutexLock lock(&mu_);
  if (finished_) return;
  finished_ = true;
  Finish(grpc::Status::CANCELLED);
}

void HealthWatch::OnDone() {
  on_done_(self_);
  self_.reset();  // May delete this.
}

void HealthWatch::Proceed() {
  if (finished_ || writing_) return;
  if (status_ != written_.status()) {
    writing_ = true;
    written_.set_status(status_);
    StartWrite(&written_);
  } else if (ending_) {
    finished_ = true;
    Finish(ToGrpcStatus(DrainingError()));
  }
}

}  // namespace segrid::rpc

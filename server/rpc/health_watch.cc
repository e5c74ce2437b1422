#include "server/rpc/health_watch.h"

#include "server/rpc/bytes.h"
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

void HealthWatch::Recheck() {
  if (caller_ == nullptr) return;
  if (const absl::Status allowed = caller_->Check(); !allowed.ok()) {
    End(allowed);
  }
}

void HealthWatch::End(const absl::Status& status) {
  absl::MutexLock lock(&mu_);
  if (finished_) return;
  finished_ = true;
  Finish(ToGrpcStatus(status));
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
    bytes_ = SerializeMessage(written_);
    StartWrite(&bytes_);
  } else if (ending_) {
    finished_ = true;
    Finish(ToGrpcStatus(DrainingError()));
  }
}

}  // namespace segrid::rpc

#include "server/rpc/forward_reactor.h"

#include "server/rpc/bytes.h"
#include "server/rpc/error_status.h"

namespace segrid::rpc {

void ForwardReactor::Answer(absl::StatusOr<codec::OutputBuffer> answer) {
  if (finished_.exchange(true)) return;
  room_ = {};
  if (answer.ok()) {
    response_ = TakeBytes(*answer);
    unwritten_.Add(entry_, response_.Length());
  }
  Finish(ToGrpcStatus(answer.status()));
}

void ForwardReactor::OnCancel() {
  if (!finished_.exchange(true)) Finish(grpc::Status::CANCELLED);
  ended_.request_stop();
}

void ForwardReactor::OnDone() {
  unwritten_.Forget(entry_);
  self_.reset();  // May delete this.
}

}  // namespace segrid::rpc

#include "server/rpc/forward_reactor.h"

#include "server/rpc/bytes.h"
#include "server/rpc/error_status.h"

namespace segrid::rpc {

void ForwardReactor::Answer(absl::StatusOr<codec::OutputBuffer> answer) {
  if (finished_.exchange(true)) return;
  if (answer.ok()) response_ = TakeBytes(*answer);
  Finish(ToGrpcStatus(answer.status()));
}

void ForwardReactor::OnCancel() {
  if (!finished_.exchange(true)) Finish(grpc::Status::CANCELLED);
}

void ForwardReactor::OnDone() { self_.reset(); }  // May delete this.

}  // namespace segrid::rpc

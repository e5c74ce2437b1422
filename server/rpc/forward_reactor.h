// The call object of a unary Forward, whose answer comes later.

#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "core/codec/output.h"
#include "server/budget/byte_budget.h"

namespace segrid::rpc {

// Ends its call once: with the answer or, when that comes first, with the
// call's cancellation. An answer that comes too late is dropped, so a cancelled
// call never holds up the server's shutdown.
//
// Ownership:     owns itself from KeepUntilDone() until gRPC is done with it;
//                whoever answers shares it. `response` belongs to gRPC and
//                lives until then.
// Thread safety: Answer may be called from any thread.
// Blocking:      never.
class ForwardReactor final
    : public grpc::ServerUnaryReactor,
      public std::enable_shared_from_this<ForwardReactor> {
 public:
  explicit ForwardReactor(grpc::ByteBuffer& response) : response_(response) {}

  // Call once, before the reactor is given to gRPC.
  void KeepUntilDone() { self_ = shared_from_this(); }

  // Keeps the room of the request until gRPC is done with the call. Before
  // Answer.
  void Hold(budget::ByteBudget::Share room) { room_ = std::move(room); }

  void Answer(absl::StatusOr<codec::OutputBuffer> answer);

 private:
  void OnCancel() override;
  void OnDone() override;

  grpc::ByteBuffer& response_;
  budget::ByteBudget::Share room_;
  std::shared_ptr<ForwardReactor> self_;
  std::atomic<bool> finished_{false};
};

}  // namespace segrid::rpc

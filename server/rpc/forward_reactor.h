// The call object of a unary Forward, whose answer comes later.

#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <utility>

#include "absl/status/statusor.h"
#include "core/codec/output.h"
#include "server/budget/byte_budget.h"
#include "server/rpc/unwritten_responses.h"

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
  ForwardReactor(grpc::CallbackServerContext& context,
                 UnwrittenResponses& unwritten, grpc::ByteBuffer& response)
      : unwritten_(unwritten), entry_(context.c_call()), response_(response) {}

  // Call once, before the reactor is given to gRPC.
  void KeepUntilDone() { self_ = shared_from_this(); }

  // Keeps the room of the request until the answer. Before Answer.
  void Hold(budget::ByteBudget::Share room) { room_ = std::move(room); }
  // The request is in the queue and the call goes on to wait: keeps room for
  // `bytes` instead. Before Answer.
  void KeepRoom(std::size_t bytes) {
    room_.Resize(static_cast<std::int64_t>(bytes));
  }

  // Stops when the call has ended: nobody waits for the answer.
  std::stop_token ended() const { return ended_.get_token(); }

  void Answer(absl::StatusOr<codec::OutputBuffer> answer);

 private:
  void OnCancel() override;
  void OnDone() override;

  UnwrittenResponses& unwritten_;
  UnwrittenResponses::Entry entry_;
  grpc::ByteBuffer& response_;
  std::stop_source ended_;
  budget::ByteBudget::Share room_;
  std::shared_ptr<ForwardReactor> self_;
  std::atomic<bool> finished_{false};
};

}  // namespace segrid::rpc

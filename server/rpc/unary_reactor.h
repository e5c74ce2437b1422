// The call object of a unary method that answers at once.

#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include "server/rpc/unwritten_responses.h"

namespace segrid::rpc {

// Ends its call once, and counts the response until gRPC has written it.
//
// Ownership:     owns itself until gRPC is done with the call; `unwritten` must
//                outlive it.
// Thread safety: Answer may be called from any thread.
// Blocking:      never.
class UnaryReactor final : public grpc::ServerUnaryReactor {
 public:
  UnaryReactor(grpc::CallbackServerContext& context,
               UnwrittenResponses& unwritten)
      : unwritten_(unwritten), entry_(context.c_call()) {}

  // Ends the call. `response`, which is gRPC's, is sent when `status` is OK.
  // Call once.
  void Answer(grpc::Status status, const grpc::ByteBuffer& response) {
    if (status.ok()) unwritten_.Add(entry_, response.Length());
    Finish(std::move(status));
  }

 private:
  ~UnaryReactor() override = default;

  void OnDone() override {
    unwritten_.Forget(entry_);
    delete this;
  }
  // OnDone neither blocks nor takes long, so that it needs no other thread,
  // which would cost a small call a third of its time.
  bool InternalInlineable() override { return true; }

  UnwrittenResponses& unwritten_;
  UnwrittenResponses::Entry entry_;
};

}  // namespace segrid::rpc

#include "server/rpc/transform_stream.h"

#include <utility>

#include "core/base/status_macros.h"
#include "server/rpc/answer.h"
#include "server/rpc/bytes.h"
#include "server/rpc/envelope.h"
#include "server/rpc/error_status.h"
#include "server/rpc/transform_call.h"

namespace segrid::rpc {

absl::Status TransformStream::Run(const StreamEnvelope& envelope,
                                  std::size_t message_bytes,
                                  pipeline::TransformResult& result) {
  SEGRID_RETURN_IF_ERROR(CheckRequestId(envelope.request_id));
  SEGRID_ASSIGN_OR_RETURN(const ByteBudget::Share room,
                          environment_.guard.TakeRoom(message_bytes));
  return RunTransform(environment_, deadline_, envelope.request, result);
}

void TransformStream::Handle(const grpc::ByteBuffer& message) {
  const ReceivedBytes bytes(message);
  StreamEnvelope envelope;
  absl::Status status = bytes.ok() ? DecodeStream(bytes.view(), envelope)
                                   : UnreadableMessageError();
  if (!status.ok()) {
    Fail(status);
    return;
  }
  auto result = results_.Borrow();
  status = Run(envelope, message.Length(), *result);
  if (status.ok()) {
    WrapStreamResponse(envelope.request_id, result->output);
  } else {
    EncodeStreamError(envelope.request_id, status, result->output);
    if (environment_.on_message_error) environment_.on_message_error(status);
  }
  grpc::ByteBuffer answer = TakeBytes(result->output);
  result.reset();  // The answer may start the next message.
  Answer(std::move(answer));
}

}  // namespace segrid::rpc

#include "server/rpc/transform_stream.h"

#include <utility>

#include "server/rpc/answer.h"
#include "server/rpc/bytes.h"
#include "server/rpc/envelope.h"
#include "server/rpc/error_status.h"
#include "server/rpc/transform_call.h"

namespace segrid::rpc {

void TransformStream::Handle(const grpc::ByteBuffer& message) {
  const ReceivedBytes bytes(message);
  StreamEnvelope envelope;
  absl::Status status = bytes.ok() ? DecodeStream(bytes.view(), envelope)
                                   : UnreadableMessageError();
  if (!status.ok()) {
    Fail(status);
    return;
  }
  ResultPool::Result result = results_.Take();
  status = CheckRequestId(envelope.request_id);
  if (status.ok()) status = RunTransform(pipeline_, envelope.request, *result);
  if (status.ok()) {
    WrapStreamResponse(envelope.request_id, result->output);
  } else {
    EncodeStreamError(envelope.request_id, status, result->output);
  }
  grpc::ByteBuffer answer = TakeBytes(result->output);
  results_.GiveBack(std::move(result));
  Answer(std::move(answer));
}

}  // namespace segrid::rpc

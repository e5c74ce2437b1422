#include "server/rpc/forward_stream.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/rpc/answer.h"
#include "server/rpc/bytes.h"
#include "server/rpc/envelope.h"
#include "server/rpc/error_status.h"
#include "server/rpc/forward_call.h"

namespace segrid::rpc {
namespace {

grpc::ByteBuffer AnswerBytes(std::string_view request_id,
                             absl::StatusOr<codec::OutputBuffer> answer) {
  codec::OutputBuffer out;
  if (answer.ok()) {
    out = *std::move(answer);
    WrapStreamResponse(request_id, out);
  } else {
    EncodeStreamError(request_id, answer.status(), out);
  }
  return TakeBytes(out);
}

}  // namespace

void ForwardStream::Send(std::string_view request_id,
                         absl::StatusOr<codec::OutputBuffer> answer) {
  if (!answer.ok() && environment_.on_message_error) {
    environment_.on_message_error(answer.status());
  }
  Answer(AnswerBytes(request_id, std::move(answer)));
}

void ForwardStream::Handle(const grpc::ByteBuffer& message) {
  const ReceivedBytes bytes(message);
  StreamEnvelope envelope;
  absl::Status status = bytes.ok() ? DecodeStream(bytes.view(), envelope)
                                   : UnreadableMessageError();
  if (!status.ok()) {
    Fail(status);
    return;
  }
  status = CheckRequestId(envelope.request_id);
  if (!status.ok()) {
    Send(envelope.request_id, std::move(status));
    return;
  }
  absl::StatusOr<ByteBudget::Share> room =
      environment_.guard.TakeRoom(message.Length());
  if (!room.ok()) {
    Send(envelope.request_id, std::move(room).status());
    return;
  }
  // Shared because a std::function must be copyable.
  auto held = std::make_shared<ByteBudget::Share>(*std::move(room));
  auto self = std::static_pointer_cast<ForwardStream>(shared_from_this());
  ForwardTerms terms{deadline_, trace_, ended(), [held](std::size_t kept) {
                       held->Resize(static_cast<std::int64_t>(kept));
                     }};
  RunForward(environment_, envelope.request, terms,
             [self = std::move(self), held = std::move(held),
              id = std::string(envelope.request_id)](
                 absl::StatusOr<codec::OutputBuffer> answer) {
               *held = {};  // Before the caller can send the next.
               self->Send(id, std::move(answer));
             });
}

}  // namespace segrid::rpc

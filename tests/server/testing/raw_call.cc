#include "tests/server/testing/raw_call.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace segrid::testing {
namespace {

// Waits for the one operation that was begun.
bool Next(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

}  // namespace

RawAnswer CallRaw(const std::shared_ptr<grpc::Channel>& channel,
                  const std::string& path, const std::string& bytes,
                  const std::string& token) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(10)));
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(&context, path, &queue);
  call->StartCall(nullptr);
  Next(queue);
  const grpc::Slice slice(bytes);
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  Next(queue);
  call->WritesDone(nullptr);
  Next(queue);
  RawAnswer answer;
  grpc::ByteBuffer message;
  call->Read(&message, nullptr);
  answer.has_message = Next(queue);
  if (answer.has_message) context.TryCancel();
  call->Finish(&answer.status, nullptr);
  Next(queue);
  return answer;
}

}  // namespace segrid::testing

#include "server/rpc/bridge_service.h"

#include <chrono>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/rpc/bytes.h"
#include "server/rpc/error_status.h"
#include "server/rpc/forward_call.h"
#include "server/rpc/forward_reactor.h"
#include "server/rpc/forward_stream.h"
#include "server/rpc/transform_call.h"
#include "server/rpc/transform_stream.h"

namespace segrid::rpc {
namespace {

// gRPC says "no deadline" with the largest time there is.
absl::Time DeadlineOf(const grpc::CallbackServerContext& context) {
  const std::chrono::system_clock::time_point deadline = context.deadline();
  return deadline == std::chrono::system_clock::time_point::max()
             ? absl::InfiniteFuture()
             : absl::FromChrono(deadline);
}

}  // namespace

grpc::ServerUnaryReactor* BridgeService::Transform(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  if (!environment_.admission.accepting()) {
    reactor->Finish(ToGrpcStatus(DrainingError()));
    return reactor;
  }
  const ReceivedBytes bytes(*request);
  ResultPool::Result result = results_.Take();
  const absl::Status status =
      bytes.ok() ? RunTransform(environment_.pipeline, bytes.view(), *result)
                 : UnreadableMessageError();
  if (status.ok()) *response = TakeBytes(result->output);
  results_.GiveBack(std::move(result));
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

grpc::ServerUnaryReactor* BridgeService::Forward(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  auto reactor = std::make_shared<ForwardReactor>(*response);
  reactor->KeepUntilDone();
  if (!environment_.admission.accepting()) {
    reactor->Answer(DrainingError());
    return reactor.get();
  }
  const ReceivedBytes bytes(*request);
  if (!bytes.ok()) {
    reactor->Answer(UnreadableMessageError());
    return reactor.get();
  }
  RunForward(environment_.pipeline, bytes.view(),
             AnswerTime(DeadlineOf(*context), environment_.clock.Now()),
             [reactor](absl::StatusOr<codec::OutputBuffer> answer) {
               reactor->Answer(std::move(answer));
             });
  return reactor.get();
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
BridgeService::TransformStream(grpc::CallbackServerContext* /*context*/) {
  auto stream = std::make_shared<class TransformStream>(
      environment_.pipeline, environment_.admission, results_,
      options_.max_unanswered);
  stream->Start();
  return stream.get();
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
BridgeService::ForwardStream(grpc::CallbackServerContext* context) {
  auto stream = std::make_shared<class ForwardStream>(
      environment_, DeadlineOf(*context), options_.max_unanswered);
  stream->Start();
  return stream.get();
}

}  // namespace segrid::rpc

#include "server/rpc/bridge_service.h"

#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/status_macros.h"
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

std::string_view IdempotencyKeyOf(const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kIdempotencyKeyName);
  if (found == metadata.end()) return {};
  return {found->second.data(), found->second.size()};
}

}  // namespace

grpc::ServerUnaryReactor* BridgeService::Transform(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  const absl::Duration begin = environment_.clock.Uptime();
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  absl::Status status =
      environment_.guard.Admit(*context, auth::Role::kTransform);
  if (status.ok()) status = Transform(*request, *response);
  grpc::Status answered = ToGrpcStatus(status);
  if (environment_.on_transform) {
    environment_.on_transform(answered.error_code(),
                              environment_.clock.Uptime() - begin);
  }
  reactor->Finish(std::move(answered));
  return reactor;
}

absl::Status BridgeService::Transform(const grpc::ByteBuffer& request,
                                      grpc::ByteBuffer& response) {
  SEGRID_ASSIGN_OR_RETURN(const ByteBudget::Share room,
                          environment_.guard.TakeRoom(request.Length()));
  const ReceivedBytes bytes(request);
  if (!bytes.ok()) return UnreadableMessageError();
  ResultPool::Result result = results_.Take();
  const absl::Status status =
      RunTransform(environment_.pipeline, bytes.view(), *result);
  if (status.ok()) response = TakeBytes(result->output);
  results_.GiveBack(std::move(result));
  return status;
}

grpc::ServerUnaryReactor* BridgeService::Forward(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  auto reactor = std::make_shared<ForwardReactor>(*response);
  reactor->KeepUntilDone();
  if (absl::Status status =
          environment_.guard.Admit(*context, auth::Role::kForward);
      !status.ok()) {
    reactor->Answer(std::move(status));
    return reactor.get();
  }
  absl::StatusOr<ByteBudget::Share> room =
      environment_.guard.TakeRoom(request->Length());
  if (!room.ok()) {
    reactor->Answer(std::move(room).status());
    return reactor.get();
  }
  reactor->Hold(*std::move(room));
  const ReceivedBytes bytes(*request);
  if (!bytes.ok()) {
    reactor->Answer(UnreadableMessageError());
    return reactor.get();
  }
  const std::string_view key = IdempotencyKeyOf(*context);
  if (absl::Status status = CheckIdempotencyKey(key); !status.ok()) {
    reactor->Answer(std::move(status));
    return reactor.get();
  }
  answers_.Answer(
      key, bytes.view(),
      [reactor](absl::StatusOr<codec::OutputBuffer> answer) {
        reactor->Answer(std::move(answer));
      },
      [this, context, &bytes](ForwardAnswer answer) {
        RunForward(environment_.pipeline, bytes.view(),
                   AnswerTime(DeadlineOf(*context), environment_.clock.Now()),
                   std::move(answer));
      });
  return reactor.get();
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
BridgeService::TransformStream(grpc::CallbackServerContext* context) {
  auto stream = std::make_shared<class TransformStream>(
      environment_, results_, options_.max_unanswered);
  stream->Start(environment_.guard.Admit(*context, auth::Role::kTransform));
  return stream.get();
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
BridgeService::ForwardStream(grpc::CallbackServerContext* context) {
  auto stream = std::make_shared<class ForwardStream>(
      environment_, DeadlineOf(*context), options_.max_unanswered);
  stream->Start(environment_.guard.Admit(*context, auth::Role::kForward));
  return stream.get();
}

}  // namespace segrid::rpc

#include "server/rpc/bridge_service.h"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/status_macros.h"
#include "core/base/trace_parent.h"
#include "server/rpc/bytes.h"
#include "server/rpc/caller_metadata.h"
#include "server/rpc/error_status.h"
#include "server/rpc/forward_call.h"
#include "server/rpc/forward_reactor.h"
#include "server/rpc/forward_stream.h"
#include "server/rpc/transform_call.h"
#include "server/rpc/transform_stream.h"
#include "server/rpc/unary_reactor.h"

namespace segrid::rpc {
namespace {

// Calls `log` if the answered call is traced.
void LogTraced(CallLog* log, std::string_view method,
               const absl::Status& answer,
               const grpc::CallbackServerContext& context) {
  if (log == nullptr || !log->wants(answer)) return;
  if (const auto trace = TraceOf(context)) {
    log->OnAnswered(method, answer, *trace);
  }
}

}  // namespace

grpc::ServerUnaryReactor* BridgeService::Transform(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  const absl::Duration begin = environment_.clock.Uptime();
  environment_.guard.taken().Add(*context, request->Length());
  auto* const reactor =
      new UnaryReactor(*context, environment_.guard.unwritten());
  absl::Status status =
      environment_.guard.Admit(*context, auth::Role::kTransform);
  if (status.ok()) {
    status = AnswerTransform(DeadlineOf(*context), *request, *response);
  }
  LogTraced(environment_.log, "Transform", status, *context);
  grpc::Status answered = ToGrpcStatus(status);
  if (environment_.on_transform) {
    environment_.on_transform(answered, environment_.clock.Uptime() - begin);
  }
  ReleaseRequest(*request);
  reactor->Answer(std::move(answered), *response);
  return reactor;
}

absl::Status BridgeService::AnswerTransform(absl::Time deadline,
                                            const grpc::ByteBuffer& request,
                                            grpc::ByteBuffer& response) {
  SEGRID_ASSIGN_OR_RETURN(const ByteBudget::Share room,
                          environment_.guard.TakeRoom(request.Length()));
  const ReceivedBytes bytes(request);
  if (!bytes.ok()) return UnreadableMessageError();
  const auto result = results_.Borrow();
  const absl::Status status =
      RunTransform(environment_, deadline, bytes.view(), *result);
  if (status.ok()) response = TakeBytes(result->output);
  return status;
}

grpc::ServerUnaryReactor* BridgeService::Forward(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  auto reactor = std::make_shared<ForwardReactor>(
      *context, environment_.guard.unwritten(), *response);
  reactor->KeepUntilDone();
  environment_.guard.taken().Add(*context, request->Length());
  const std::optional<base::TraceParent> trace = TraceOf(*context);
  ForwardAnswer answer = [reactor](absl::StatusOr<codec::OutputBuffer> result) {
    reactor->Answer(std::move(result));
  };
  if (trace.has_value() && environment_.log != nullptr) {
    answer = [reactor, trace = *trace, log = environment_.log](
                 absl::StatusOr<codec::OutputBuffer> result) {
      if (log->wants(result.status())) {
        log->OnAnswered("Forward", result.status(), trace);
      }
      reactor->Answer(std::move(result));
    };
  }
  const absl::Status status =
      BeginForward(*context, *request, *reactor, answer);
  ReleaseRequest(*request);
  if (!status.ok()) answer(status);
  return reactor.get();
}

absl::Status BridgeService::BeginForward(
    const grpc::CallbackServerContext& context, const grpc::ByteBuffer& request,
    ForwardReactor& reactor, const ForwardAnswer& answer) {
  SEGRID_RETURN_IF_ERROR(
      environment_.guard.Admit(context, auth::Role::kForward));
  SEGRID_ASSIGN_OR_RETURN(ByteBudget::Share room,
                          environment_.guard.TakeRoom(request.Length()));
  reactor.Hold(std::move(room));
  const ReceivedBytes bytes(request);
  if (!bytes.ok()) return UnreadableMessageError();
  const std::string_view key = MetadataOf(context, kIdempotencyKeyName);
  SEGRID_RETURN_IF_ERROR(CheckIdempotencyKey(key));
  answers_.Answer({key, bytes.view(), reactor.ended()}, answer,
                  [&](const std::stop_token& stop, ForwardAnswer done) {
                    RunForward(
                        environment_, bytes.view(),
                        {DeadlineOf(context), TraceOf(context), stop,
                         [held = reactor.shared_from_this()](std::size_t kept) {
                           held->KeepRoom(kept);
                         }},
                        std::move(done));
                  });
  return absl::OkStatus();
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
BridgeService::TransformStream(grpc::CallbackServerContext* context) {
  auto stream = std::make_shared<class TransformStream>(
      environment_, *context, results_, options_.max_unanswered);
  const absl::Status admitted =
      environment_.guard.Admit(*context, auth::Role::kTransform);
  LogTraced(environment_.log, "TransformStream", admitted, *context);
  stream->Start(admitted);
  return stream.get();
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
BridgeService::ForwardStream(grpc::CallbackServerContext* context) {
  auto stream = std::make_shared<class ForwardStream>(environment_, *context,
                                                      options_.max_unanswered);
  const absl::Status admitted =
      environment_.guard.Admit(*context, auth::Role::kForward);
  LogTraced(environment_.log, "ForwardStream", admitted, *context);
  stream->Start(admitted);
  return stream.get();
}

}  // namespace segrid::rpc

#include "client/internal/grpc_connection.h"

#include <unistd.h>

#include <utility>

#include "client/internal/answer_check.h"
#include "client/internal/callback_scope.h"
#include "client/internal/checked_stream.h"
#include "client/internal/grpc_stream.h"
#include "client/internal/unary_call.h"

namespace segrid::internal {
namespace {

using Stub = v1::BridgeService::Stub;

// The answer, or that it cannot be one.
template <typename Request, typename Response>
Result<Response> Checked(const Request& request, Result<Response> answer) {
  if (!answer.ok()) return answer;
  if (auto wrong = CheckAnswer(SentBy(request), *answer)) {
    return *std::move(wrong);
  }
  return answer;
}

template <typename Request, typename Response>
auto MakePending(const GrpcConnection::Wire& wire,
                 std::shared_ptr<const Request> request, CallOptions options,
                 std::function<void(Result<Response>)> done) {
  using Call = PendingCall<Request, Response>;
  auto checked = [request, done = std::move(done)](Result<Response> answer) {
    done(Checked(*request, std::move(answer)));
  };
  return std::shared_ptr<Call>(new Call{.channel = wire.channel,
                                        .request = std::move(request),
                                        .options = std::move(options),
                                        .done = std::move(checked)});
}

template <typename Request, typename Response, typename Open>
Result<std::unique_ptr<Stream<Request, Response>>> OpenStream(
    const GrpcConnection::Wire& wire, const CallOptions& options,
    const Open& open) {
  auto stream =
      std::make_unique<GrpcStream<Request, Response>>(wire.channel, options);
  if (auto bad = stream->Start(open)) return *std::move(bad);
  return std::unique_ptr<Stream<Request, Response>>(
      std::make_unique<CheckedStream<Request, Response>>(std::move(stream)));
}

}  // namespace

GrpcConnection::GrpcConnection(Channel channel)
    : wire_(std::make_shared<Wire>()) {
  wire_->channel = ShareChannel(std::move(channel));
  wire_->stub = v1::BridgeService::NewStub(wire_->channel->grpc);
}

GrpcConnection::~GrpcConnection() {
  if (getpid() == wire_->channel->process) return;
  new std::shared_ptr<Wire>(std::move(wire_));  // Left behind on purpose.
}

Result<v1::TransformResponse> GrpcConnection::Transform(
    const v1::TransformRequest& request, const CallOptions& options) {
  return Checked(request, UnaryCall({*wire_->channel, options}, *wire_->stub,
                                    &Stub::Transform, request));
}

Result<v1::ForwardResponse> GrpcConnection::Forward(
    const v1::ForwardRequest& request, const CallOptions& options) {
  return Checked(request, UnaryCall({*wire_->channel, options}, *wire_->stub,
                                    &Stub::Forward, request));
}

void GrpcConnection::TransformShared(
    std::shared_ptr<const v1::TransformRequest> request, CallOptions options,
    TransformDone done) {
  AsyncUnaryCall(
      MakePending<v1::TransformRequest, v1::TransformResponse>(
          *wire_, std::move(request), std::move(options), std::move(done)),
      [wire = wire_](auto* context, auto* asked, auto* answer, auto on_done) {
        wire->stub->async()->Transform(context, asked, answer,
                                       std::move(on_done));
      });
}

void GrpcConnection::ForwardShared(
    std::shared_ptr<const v1::ForwardRequest> request, CallOptions options,
    ForwardDone done) {
  AsyncUnaryCall(
      MakePending<v1::ForwardRequest, v1::ForwardResponse>(
          *wire_, std::move(request), std::move(options), std::move(done)),
      [wire = wire_](auto* context, auto* asked, auto* answer, auto on_done) {
        wire->stub->async()->Forward(context, asked, answer,
                                     std::move(on_done));
      });
}

Result<std::unique_ptr<TransformStream>> GrpcConnection::OpenTransformStream(
    const CallOptions& options) {
  return OpenStream<v1::TransformStreamRequest, v1::TransformStreamResponse>(
      *wire_, options, [this](grpc::ClientContext* context) {
        return wire_->stub->TransformStream(context);
      });
}

Result<std::unique_ptr<ForwardStream>> GrpcConnection::OpenForwardStream(
    const CallOptions& options) {
  return OpenStream<v1::ForwardStreamRequest, v1::ForwardStreamResponse>(
      *wire_, options, [this](grpc::ClientContext* context) {
        return wire_->stub->ForwardStream(context);
      });
}

}  // namespace segrid::internal

#include "client/internal/grpc_connection.h"

#include <utility>

#include "client/internal/unary_call.h"

namespace segrid::internal {

using Stub = v1::BridgeService::Stub;

GrpcConnection::GrpcConnection(Channel channel)
    : channel_(std::move(channel)),
      stub_(v1::BridgeService::NewStub(channel_.grpc)) {}

Result<v1::TransformResponse> GrpcConnection::Transform(
    const v1::TransformRequest& request, const CallOptions& options) {
  return UnaryCall({channel_, options}, *stub_, &Stub::Transform, request);
}

Result<v1::ForwardResponse> GrpcConnection::Forward(
    const v1::ForwardRequest& request, const CallOptions& options) {
  return UnaryCall({channel_, options}, *stub_, &Stub::Forward, request);
}

}  // namespace segrid::internal

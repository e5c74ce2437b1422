#include "client/connection.h"

#include <string>
#include <string_view>
#include <utility>

#include "client/internal/channel.h"
#include "client/internal/grpc_connection.h"
#include "client/internal/grpc_timer.h"
#include "client/internal/retrying_connection.h"
#include "client/internal/splitting_connection.h"

namespace segrid {
namespace {

Error Unimplemented(std::string_view method) {
  Error error;
  error.code = ErrorCode::kUnimplemented;
  error.message = "this Connection does not override " + std::string(method);
  return error;
}

}  // namespace

Connection::~Connection() = default;

Result<v1::TransformResponse> Connection::Transform(const v1::TransformRequest&,
                                                    const CallOptions&) {
  return Unimplemented("Transform");
}

Result<v1::ForwardResponse> Connection::Forward(const v1::ForwardRequest&,
                                                const CallOptions&) {
  return Unimplemented("Forward");
}

void Connection::TransformAsync(v1::TransformRequest request,
                                CallOptions options, TransformDone done) {
  done(Transform(request, options));
}

void Connection::ForwardAsync(v1::ForwardRequest request, CallOptions options,
                              ForwardDone done) {
  done(Forward(request, options));
}

Result<std::unique_ptr<TransformStream>> Connection::OpenTransformStream(
    const CallOptions&) {
  return Unimplemented("OpenTransformStream");
}

Result<std::unique_ptr<ForwardStream>> Connection::OpenForwardStream(
    const CallOptions&) {
  return Unimplemented("OpenForwardStream");
}

// From the outside in: a batch that is too large becomes several calls, each
// call is tried until it succeeds or may not be tried again, each try goes over
// the wire.
Result<std::shared_ptr<Connection>> Connect(const ClientOptions& options) {
  Result<internal::Channel> channel = internal::OpenChannel(options);
  if (!channel.ok()) return std::move(channel).error();
  auto wire = std::make_shared<internal::GrpcConnection>(*std::move(channel));
  auto retrying = std::make_shared<internal::RetryingConnection>(
      std::move(wire), options, std::make_shared<internal::GrpcTimer>());
  return std::shared_ptr<Connection>(
      std::make_shared<internal::SplittingConnection>(std::move(retrying),
                                                      options));
}

}  // namespace segrid

#include "client/connection.h"

#include <string>
#include <string_view>
#include <utility>

#include "client/internal/channel.h"
#include "client/internal/grpc_connection.h"

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

Result<std::shared_ptr<Connection>> Connect(const ClientOptions& options) {
  Result<internal::Channel> channel = internal::OpenChannel(options);
  if (!channel.ok()) return std::move(channel).error();
  return std::shared_ptr<Connection>(
      std::make_shared<internal::GrpcConnection>(*std::move(channel)));
}

}  // namespace segrid

#include "client/client.h"

#include <utility>

namespace segrid {

Client::Client(std::shared_ptr<Connection> connection)
    : connection_(std::move(connection)) {}

Result<Client> Client::Connect(const ClientOptions& options) {
  Result<std::shared_ptr<Connection>> connection = segrid::Connect(options);
  if (!connection.ok()) return std::move(connection).error();
  return Client(*std::move(connection));
}

Result<v1::TransformResponse> Client::Transform(
    const v1::TransformRequest& request, const CallOptions& options) const {
  return connection_->Transform(request, options);
}

Result<v1::TransformResponse> Client::Transform(
    std::string webhook_json, const TransformOptions& options) const {
  v1::TransformRequest request;
  request.set_webhook_json(std::move(webhook_json));
  request.set_source(options.source);
  request.set_output(options.output);
  return connection_->Transform(request, options.call);
}

Result<v1::ForwardResponse> Client::Forward(const v1::ForwardRequest& request,
                                            const CallOptions& options) const {
  return connection_->Forward(request, options);
}

Result<v1::ForwardResponse> Client::Forward(
    std::string webhook_json, const ForwardOptions& options) const {
  v1::ForwardRequest request;
  request.set_webhook_json(std::move(webhook_json));
  for (const std::string& source : options.sources) request.add_sources(source);
  request.set_wait(options.wait);
  return connection_->Forward(request, options.call);
}

void Client::TransformAsync(v1::TransformRequest request, TransformDone done,
                            CallOptions options) const {
  connection_->TransformAsync(std::move(request), std::move(options),
                              std::move(done));
}

void Client::ForwardAsync(v1::ForwardRequest request, ForwardDone done,
                          CallOptions options) const {
  connection_->ForwardAsync(std::move(request), std::move(options),
                            std::move(done));
}

Result<std::unique_ptr<TransformStream>> Client::OpenTransformStream(
    const CallOptions& options) const {
  return connection_->OpenTransformStream(options);
}

Result<std::unique_ptr<ForwardStream>> Client::OpenForwardStream(
    const CallOptions& options) const {
  return connection_->OpenForwardStream(options);
}

}  // namespace segrid

// A real gRPC server in this process whose answers a test scripts.

#pragma once

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "segrid/v1/bridge.grpc.pb.h"

namespace segrid::tests {

// Answers by functions that the test sets before the first call.
class FakeBridge final : public v1::BridgeService::Service {
 public:
  using TransformAnswer = std::function<grpc::Status(
      grpc::ServerContext&, const v1::TransformRequest&,
      v1::TransformResponse&)>;
  using ForwardAnswer = std::function<grpc::Status(
      grpc::ServerContext&, const v1::ForwardRequest&, v1::ForwardResponse&)>;

  TransformAnswer transform;
  ForwardAnswer forward;

 private:
  grpc::Status Transform(grpc::ServerContext* context,
                         const v1::TransformRequest* request,
                         v1::TransformResponse* response) override {
    return transform(*context, *request, *response);
  }
  grpc::Status Forward(grpc::ServerContext* context,
                       const v1::ForwardRequest* request,
                       v1::ForwardResponse* response) override {
    return forward(*context, *request, *response);
  }
};

// Listens on `listen` from construction to destruction; open calls are
// cancelled then.
class FakeServer {
 public:
  explicit FakeServer(grpc::Service& service,
                      const std::string& listen = "127.0.0.1:0",
                      std::shared_ptr<grpc::ServerCredentials> credentials =
                          grpc::InsecureServerCredentials()) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(listen, std::move(credentials), &port_);
    builder.RegisterService(&service);
    server_ = builder.BuildAndStart();
  }
  ~FakeServer() { server_->Shutdown(std::chrono::system_clock::now()); }

  grpc::Server& grpc() { return *server_; }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace segrid::tests

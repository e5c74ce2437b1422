#include "client/testing/fake_server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "client/testing/error_status.h"
#include "client/testing/server_answers.h"
#include "client/testing/stream_answer.h"
#include "segrid/v1/bridge.grpc.pb.h"

namespace segrid::testing {
namespace {

template <typename Response>
grpc::Status Give(Result<Response> answer, Response& response) {
  if (!answer.ok()) return StatusFromError(answer.error());
  response = *std::move(answer);
  return grpc::Status::OK;
}

}  // namespace

// Answers and records.
class FakeServer::Service final : public v1::BridgeService::Service {
 public:
  std::mutex mutex;
  // Guarded by mutex.
  TransformAnswer on_transform = AnswerTransform;
  ForwardAnswer on_forward = AnswerForward;
  std::vector<v1::TransformRequest> transforms;
  std::vector<v1::ForwardRequest> forwards;
  std::vector<std::string> keys;

 private:
  grpc::Status Transform(grpc::ServerContext*,
                         const v1::TransformRequest* request,
                         v1::TransformResponse* response) override {
    TransformAnswer answer;
    {
      const std::lock_guard lock(mutex);
      transforms.push_back(*request);
      answer = on_transform;
    }
    return Give(answer(*request), *response);
  }

  grpc::Status Forward(grpc::ServerContext* context,
                       const v1::ForwardRequest* request,
                       v1::ForwardResponse* response) override {
    const auto key = context->client_metadata().find("segrid-idempotency-key");
    const bool has_key = key != context->client_metadata().end();
    ForwardAnswer answer;
    {
      const std::lock_guard lock(mutex);
      forwards.push_back(*request);
      keys.emplace_back(has_key ? key->second.data() : "",
                        has_key ? key->second.size() : 0);
      answer = on_forward;
    }
    return Give(answer(*request), *response);
  }

  grpc::Status TransformStream(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::TransformStreamResponse,
                               v1::TransformStreamRequest>* stream) override {
    for (v1::TransformStreamRequest message; stream->Read(&message);) {
      TransformAnswer answer;
      {
        const std::lock_guard lock(mutex);
        transforms.push_back(message.request());
        answer = on_transform;
      }
      if (!stream->Write(StreamAnswer<v1::TransformStreamResponse>(
              message.request_id(), answer(message.request())))) {
        break;
      }
    }
    return grpc::Status::OK;
  }

  grpc::Status ForwardStream(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::ForwardStreamResponse,
                               v1::ForwardStreamRequest>* stream) override {
    for (v1::ForwardStreamRequest message; stream->Read(&message);) {
      ForwardAnswer answer;
      {
        const std::lock_guard lock(mutex);
        forwards.push_back(message.request());
        keys.emplace_back();  // A stream has none.
        answer = on_forward;
      }
      if (!stream->Write(StreamAnswer<v1::ForwardStreamResponse>(
              message.request_id(), answer(message.request())))) {
        break;
      }
    }
    return grpc::Status::OK;
  }
};

// Owns the port.
class FakeServer::Listener {
 public:
  explicit Listener(grpc::Service& service) : service_(service) {}

  int port() const { return port_; }

  void Start() {
    grpc::ServerBuilder builder;
    const std::string address = "127.0.0.1:" + std::to_string(port_);
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    if (server_ != nullptr && port_ != 0) return;
    std::fprintf(stderr, "segrid: FakeServer cannot listen on %s\n",
                 address.c_str());
    std::abort();
  }

  void Stop() {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }

 private:
  grpc::Service& service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

FakeServer::FakeServer()
    : service_(std::make_unique<Service>()),
      listener_(std::make_unique<Listener>(*service_)) {
  listener_->Start();
}

FakeServer::~FakeServer() { listener_->Stop(); }

std::string FakeServer::address() const {
  return "127.0.0.1:" + std::to_string(listener_->port());
}

void FakeServer::OnTransform(TransformAnswer answer) {
  const std::lock_guard lock(service_->mutex);
  service_->on_transform = std::move(answer);
}

void FakeServer::OnForward(ForwardAnswer answer) {
  const std::lock_guard lock(service_->mutex);
  service_->on_forward = std::move(answer);
}

std::vector<v1::TransformRequest> FakeServer::transforms() const {
  const std::lock_guard lock(service_->mutex);
  return service_->transforms;
}

std::vector<v1::ForwardRequest> FakeServer::forwards() const {
  const std::lock_guard lock(service_->mutex);
  return service_->forwards;
}

std::vector<std::string> FakeServer::idempotency_keys() const {
  const std::lock_guard lock(service_->mutex);
  return service_->keys;
}

void FakeServer::Stop() { listener_->Stop(); }

void FakeServer::Start() { listener_->Start(); }

}  // namespace segrid::testing

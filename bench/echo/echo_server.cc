#include "bench/echo/echo_server.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/echo/credentials.h"
#include "bench/echo/echo.grpc.pb.h"
#include "bench/echo/transport.h"
#include "core/base/process.h"
#include "core/base/status_macros.h"

namespace segrid::bench {
namespace {

constexpr std::size_t kHeaderBytes = 5;  // Tag and fixed32 of answer_bytes.
constexpr std::uint8_t kAnswerBytesTag = 0x0D;
constexpr std::size_t kMaxRepeats = 4096;  // Of a request in its answer.

std::size_t AnswerBytes(const grpc::Slice& first, std::size_t request_bytes) {
  if (first.size() < kHeaderBytes || *first.begin() != kAnswerBytesTag) {
    return request_bytes;
  }
  std::size_t wanted = 0;
  for (std::size_t i = kHeaderBytes; i-- > 1;) {
    wanted = (wanted << 8) | first.begin()[i];
  }
  return std::min<std::size_t>(
      {wanted, kMaxMessageBytes, request_bytes * kMaxRepeats});
}

class RawEcho final : public v1::EchoService::WithRawCallbackMethod_Echo<
                          v1::EchoService::Service> {
 public:
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context,
                                 const grpc::ByteBuffer* request,
                                 grpc::ByteBuffer* response) override {
    EchoAnswer(*request, *response);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

std::string WithPort(const std::string& listen, int port) {
  if (listen.starts_with("unix:")) return listen;
  return absl::StrCat(listen.substr(0, listen.rfind(':')), ":", port);
}

}  // namespace

void EchoAnswer(const grpc::ByteBuffer& request, grpc::ByteBuffer& answer) {
  std::vector<grpc::Slice> slices;
  if (!request.Dump(&slices).ok() || request.Length() == 0) {
    answer = grpc::ByteBuffer(nullptr, 0);
    return;
  }
  std::size_t missing = AnswerBytes(slices[0], request.Length());
  if (missing == request.Length()) {
    answer = request;
    return;
  }
  std::vector<grpc::Slice> taken;
  for (std::size_t i = 0; missing > 0; i = (i + 1) % slices.size()) {
    const std::size_t size = std::min(missing, slices[i].size());
    taken.push_back(slices[i].sub(0, size));
    missing -= size;
  }
  answer = grpc::ByteBuffer(taken.data(), taken.size());
}

absl::StatusOr<std::unique_ptr<EchoServer>> EchoServer::Start(
    const EchoServerOptions& options) {
  SEGRID_ASSIGN_OR_RETURN(
      auto credentials,
      ServerCredentials(
          {.ca = options.client_ca, .cert = options.cert, .key = options.key}));
  base::RelaxLocks();
  std::unique_ptr<EchoServer> echo(new EchoServer);
  echo->service_ = std::make_unique<RawEcho>();
  grpc::ServerBuilder builder;
  ApplyTransport(builder);
  int port = 0;
  builder.AddListeningPort(options.listen, credentials, &port);
  builder.RegisterService(echo->service_.get());
  echo->server_ = builder.BuildAndStart();
  if (echo->server_ == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen at ", options.listen,
                     ": is the address in use, or not this machine's?"));
  }
  echo->address_ = WithPort(options.listen, port);
  return echo;
}

EchoServer::~EchoServer() {
  if (server_ != nullptr) {
    server_->Shutdown(std::chrono::system_clock::now());
  }
}

}  // namespace segrid::bench

// A Stream over gRPC.

#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <utility>

#include "client/internal/call_failure.h"
#include "client/internal/channel.h"
#include "client/internal/unary_call.h"
#include "client/stream.h"

namespace segrid::internal {

// See Stream for the contract. In a process that did not open it it is left as
// it is: it shares the connection with the one that did.
template <typename Request, typename Response>
class GrpcStream final : public Stream<Request, Response> {
 public:
  using Wire = grpc::ClientReaderWriterInterface<Request, Response>;

  GrpcStream(std::shared_ptr<const Channel> channel, CallOptions options)
      : channel_(std::move(channel)), options_(std::move(options)) {}

  ~GrpcStream() override {
    if (IsForked()) LeaveBehind();
    if (wire_ == nullptr || finished_) return;
    context_->TryCancel();
    Finish();
  }

  // Opens the stream by `open(context)`.
  template <typename Open>
  std::optional<Error> Start(const Open& open) {
    if (auto bad = PrepareCall(*channel_, options_, *context_)) return bad;
    cancel_.emplace(options_.stop, *context_);
    wire_ = open(context_.get());
    return std::nullopt;
  }

  bool Write(const Request& request) override {
    return !IsForked() && wire_->Write(request);
  }

  void WritesDone() override {
    if (IsForked()) return;
    if (!std::exchange(writes_done_, true)) wire_->WritesDone();
  }

  std::optional<Response> Read() override {
    Response response;
    if (IsForked() || !wire_->Read(&response)) return std::nullopt;
    return response;
  }

  std::optional<Error> Finish() override {
    if (IsForked()) return Forked();
    finished_ = true;
    WritesDone();
    // gRPC finishes only what has been read to its end.
    Response unread;
    while (wire_->Read(&unread)) context_->TryCancel();
    const grpc::Status status = wire_->Finish();
    cancel_.reset();
    if (status.ok()) return std::nullopt;
    return ErrorOfCall(*channel_, options_, status);
  }

 private:
  bool IsForked() const { return getpid() != channel_->process; }

  // Ending any of it would touch what the other process uses.
  void LeaveBehind() {
    cancel_.reset();
    static_cast<void>(wire_.release());
    static_cast<void>(context_.release());
    new std::shared_ptr<const Channel>(channel_);
  }

  const std::shared_ptr<const Channel> channel_;
  const CallOptions options_;
  std::unique_ptr<grpc::ClientContext> context_ =
      std::make_unique<grpc::ClientContext>();
  std::optional<CancelOnStop> cancel_;
  std::unique_ptr<Wire> wire_;
  bool writes_done_ = false;
  bool finished_ = false;
};

}  // namespace segrid::internal

// A Connection over gRPC.

#pragma once

#include <memory>

#include "client/internal/channel.h"
#include "client/internal/sharing_connection.h"
#include "segrid/v1/bridge.grpc.pb.h"

namespace segrid::internal {

// Calls a BridgeService over a channel, once per call. See Connection for the
// contract.
class GrpcConnection final : public SharingConnection {
 public:
  explicit GrpcConnection(Channel channel);

  // In a process that did not make the channel it is left as it is: closing it
  // would wait for threads that are not there.
  ~GrpcConnection() override;

  Result<v1::TransformResponse> Transform(const v1::TransformRequest& request,
                                          const CallOptions& options) override;
  Result<v1::ForwardResponse> Forward(const v1::ForwardRequest& request,
                                      const CallOptions& options) override;
  void TransformShared(std::shared_ptr<const v1::TransformRequest> request,
                       CallOptions options, TransformDone done) override;
  void ForwardShared(std::shared_ptr<const v1::ForwardRequest> request,
                     CallOptions options, ForwardDone done) override;
  Result<std::unique_ptr<TransformStream>> OpenTransformStream(
      const CallOptions& options) override;
  Result<std::unique_ptr<ForwardStream>> OpenForwardStream(
      const CallOptions& options) override;

  // What calls share with the connection; they may outlive it.
  struct Wire {
    std::shared_ptr<const Channel> channel;
    std::unique_ptr<v1::BridgeService::Stub> stub;
  };

 private:
  std::shared_ptr<Wire> wire_;
};

}  // namespace segrid::internal

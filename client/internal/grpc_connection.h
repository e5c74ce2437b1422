// The Connection that Connect() makes.

#pragma once

#include <memory>

#include "client/connection.h"
#include "client/internal/channel.h"
#include "segrid/v1/bridge.grpc.pb.h"

namespace segrid::internal {

// Calls a BridgeService over a channel. See Connection for the contract.
class GrpcConnection final : public Connection {
 public:
  explicit GrpcConnection(Channel channel);

  Result<v1::TransformResponse> Transform(const v1::TransformRequest& request,
                                          const CallOptions& options) override;
  Result<v1::ForwardResponse> Forward(const v1::ForwardRequest& request,
                                      const CallOptions& options) override;

 private:
  const Channel channel_;
  const std::unique_ptr<v1::BridgeService::Stub> stub_;
};

}  // namespace segrid::internal

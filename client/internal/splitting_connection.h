// A Connection that takes batches of any size.

#pragma once

#include <memory>

#include "client/client_options.h"
#include "client/internal/json_elements.h"
#include "client/internal/sharing_connection.h"

namespace segrid::internal {

// Sends what is over the server's limits in several calls on `inner`, one after
// the other, and answers them as one. The first call that fails ends it; what
// was forwarded before stays forwarded (`metadata["answered_events"]`), and
// repeating the whole is safe. A call's time is for all of its parts. Streams
// go through. See Connection for the contract.
class SplittingConnection final : public SharingConnection {
 public:
  // `options` are valid.
  SplittingConnection(std::shared_ptr<Connection> inner,
                      const ClientOptions& options);

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

 private:
  const std::shared_ptr<Connection> inner_;
  const PartLimits limits_;
  const std::chrono::nanoseconds timeout_;
};

}  // namespace segrid::internal

// A Connection that tries again.

#pragma once

#include <memory>

#include "client/client_options.h"
#include "client/internal/retry_budget.h"
#include "client/internal/retry_loop.h"
#include "client/internal/sharing_connection.h"
#include "client/internal/timer.h"
#include "core/retry/backoff.h"

namespace segrid::internal {

// Makes each call on `inner` until it succeeds or may not be tried again; see
// RetryOptions. The tries of one Forward share their idempotency key. Streams
// go through. See Connection for the contract. CallOptions are valid.
class RetryingConnection final : public SharingConnection {
 public:
  // `options` are valid.
  RetryingConnection(std::shared_ptr<Connection> inner,
                     const ClientOptions& options, std::shared_ptr<Timer> timer,
                     retry::Jitter jitter = retry::UniformJitter());

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

  // What asynchronous calls share with the connection; they may outlive it.
  struct Shared {
    std::shared_ptr<Connection> inner;
    RetryLimits limits;
    std::shared_ptr<Timer> timer;
    retry::Jitter jitter;
    RetryBudget budget;
  };

 private:
  const std::shared_ptr<Shared> shared_;
};

}  // namespace segrid::internal

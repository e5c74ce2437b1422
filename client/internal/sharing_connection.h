// Asynchronous calls that share their request instead of copying it.

#pragma once

#include <memory>
#include <utility>

#include "client/connection.h"

namespace segrid::internal {

// A Connection whose asynchronous calls need the request of the layer above
// only to read it: copying a batch of 100 events costs more than a whole call.
class SharingConnection : public Connection {
 public:
  virtual void TransformShared(
      std::shared_ptr<const v1::TransformRequest> request, CallOptions options,
      TransformDone done) = 0;
  virtual void ForwardShared(std::shared_ptr<const v1::ForwardRequest> request,
                             CallOptions options, ForwardDone done) = 0;

  void TransformAsync(v1::TransformRequest request, CallOptions options,
                      TransformDone done) final {
    TransformShared(
        std::make_shared<const v1::TransformRequest>(std::move(request)),
        std::move(options), std::move(done));
  }
  void ForwardAsync(v1::ForwardRequest request, CallOptions options,
                    ForwardDone done) final {
    ForwardShared(
        std::make_shared<const v1::ForwardRequest>(std::move(request)),
        std::move(options), std::move(done));
  }
};

// Calls `connection`; copies the request for one that cannot share it.
void CallAsync(Connection& connection,
               std::shared_ptr<const v1::TransformRequest> request,
               CallOptions options, TransformDone done);
void CallAsync(Connection& connection,
               std::shared_ptr<const v1::ForwardRequest> request,
               CallOptions options, ForwardDone done);

}  // namespace segrid::internal

#include "client/internal/sharing_connection.h"

namespace segrid::internal {

void CallAsync(Connection& connection,
               std::shared_ptr<const v1::TransformRequest> request,
               CallOptions options, TransformDone done) {
  if (auto* const sharing = dynamic_cast<SharingConnection*>(&connection)) {
    return sharing->TransformShared(std::move(request), std::move(options),
                                    std::move(done));
  }
  connection.TransformAsync(*request, std::move(options), std::move(done));
}

void CallAsync(Connection& connection,
               std::shared_ptr<const v1::ForwardRequest> request,
               CallOptions options, ForwardDone done) {
  if (auto* const sharing = dynamic_cast<SharingConnection*>(&connection)) {
    return sharing->ForwardShared(std::move(request), std::move(options),
                                  std::move(done));
  }
  connection.ForwardAsync(*request, std::move(options), std::move(done));
}

}  // namespace segrid::internal

// AdminService.ReloadConfig as a request to the reloader.

#pragma once

#include <functional>

#include "absl/status/status.h"
#include "segrid/v1/admin.pb.h"
#include "server/app/reload_requests.h"

namespace segrid::app {

// Asks for a reload. `done` runs once, in any thread, after `response` was
// filled; until then both messages must stay. Never blocks.
//
// Errors: as proto/segrid/v1/admin.proto lists them, and those of
// ReloadRequests.
using ReloadCall =
    std::function<void(const ::segrid::v1::ReloadConfigRequest& request,
                       ::segrid::v1::ReloadConfigResponse& response,
                       std::function<void(absl::Status)> done)>;

// Asks `requests`, which must outlive it; empty when that is null.
ReloadCall MakeReloadCall(ReloadRequests* requests);

}  // namespace segrid::app

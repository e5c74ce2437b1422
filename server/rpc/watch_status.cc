#include "server/rpc/watch_status.h"

#include <utility>

#include "core/base/error_info.h"
#include "server/rpc/error_status.h"
#include "server/rpc/server_status.h"

namespace segrid::rpc {

absl::StatusOr<absl::Duration> WatchInterval(
    const ::segrid::v1::WatchStatusRequest& request) {
  if (!request.has_interval()) return absl::Seconds(1);
  const absl::Duration interval = absl::Seconds(request.interval().seconds()) +
                                  absl::Nanoseconds(request.interval().nanos());
  if (interval < absl::Milliseconds(100) || interval > absl::Hours(1)) {
    return base::MakeFieldError("BAD_INTERVAL", "interval",
                                "must be 100 ms to 1 h");
  }
  return interval;
}

void WatchStatus::Answer() {
  absl::StatusOr<::segrid::v1::ServerStatus> status =
      TakeServerStatus(environment(), start_time_);
  if (!status.ok()) return End(ToGrpcStatus(status.status()));
  *response().mutable_status() = *std::move(status);
  Write();
}

}  // namespace segrid::rpc

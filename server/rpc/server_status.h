// What GetStatus and WatchStatus answer.

#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "segrid/v1/admin.pb.h"
#include "server/rpc/admin_environment.h"

namespace segrid::rpc {

// The state and the counts of the server and its sources, now.
//
// Thread safety: any thread. Blocking: not for long, the books are cheap.
// Errors:        those of queue::Queue::GetLaneStats.
absl::StatusOr<::segrid::v1::ServerStatus> TakeServerStatus(
    const AdminEnvironment& environment, absl::Time start_time);

// Proto strings are UTF-8; a receiver's answer is any bytes, cut anywhere:
// those that are no ASCII become '?' where it is no UTF-8.
std::string AsText(std::string_view bytes);

// Cut to what a Timestamp can hold: years 1 to 9999.
google::protobuf::Timestamp ToTimestamp(absl::Time time);

}  // namespace segrid::rpc

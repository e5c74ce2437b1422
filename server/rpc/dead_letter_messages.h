// Dead letters between the API and the queue.

#pragma once

#include "absl/status/statusor.h"
#include "core/config/config.h"
#include "core/queue/dead_letter.h"
#include "core/queue/queue.h"
#include "segrid/v1/admin.pb.h"

namespace segrid::rpc {

// Most ids in one filter.
inline constexpr int kMaxFilterIds = 1'000;

// Largest page with the Tracks' JSON in it: 32 KB each, so that the page stays
// under the 4 MiB that gRPC's clients take.
inline constexpr int kMaxPageWithTracks = 100;

// What does not select as the caller meant it is an error, because a filter
// that is ignored would delete too much.
//
// Errors of both: NOT_FOUND, UNKNOWN_SOURCE: `config` has no such source.
//                 INVALID_ARGUMENT, TOO_MANY_IDS, UNKNOWN_REASON (no reason of
//                 core/queue/dead_letter.h), UNKNOWN_FILTER (a field that this
//                 version does not know), BAD_TIME (no time, or `since` is not
//                 before `until`).
absl::StatusOr<queue::DeadLetterFilter> ToFilter(
    const ::segrid::v1::DeadLetterFilter& filter, const config::Config& config);
absl::StatusOr<queue::DeadLetterQuery> ToQuery(
    const ::segrid::v1::ListDeadLettersRequest& request,
    const config::Config& config);

// Whether the lane has a dead letter of each of the ids; NOT_FOUND,
// UNKNOWN_DEAD_LETTER names the first that it has not. May wait for the store.
absl::Status CheckIds(const queue::DeadLetterFilter& filter,
                      queue::Queue& queue);

void FillPage(const queue::DeadLetterPage& page, const std::string& source,
              ::segrid::v1::ListDeadLettersResponse& response);

}  // namespace segrid::rpc

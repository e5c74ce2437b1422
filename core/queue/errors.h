// The checks and errors that every store shares.

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/queue/queue.h"

namespace segrid::queue {

// INVALID_ARGUMENT/BAD_CHUNK unless `batch` keeps the rules of message.h. Looks
// at the layout only, not at the JSON.
absl::Status ValidateBatch(const AppendBatch& batch);

// INVALID_ARGUMENT/BAD_TAKE unless the limits are positive.
absl::Status ValidateTake(const TakeRequest& request);

// INVALID_ARGUMENT/BAD_PAGE unless the size of the page is in its range.
absl::Status ValidatePage(const DeadLetterQuery& query);

// INVALID_ARGUMENT/BAD_PAGE for a token that no page gave.
absl::Status BadPageToken();

// RESOURCE_EXHAUSTED/DEAD_LETTERS_FULL for the dead letters of a lane.
absl::Status DeadLettersFull(std::string_view lane, std::int64_t max_bytes);

// RESOURCE_EXHAUSTED/QUEUE_FULL. `what` is full: "the queue", "lane x".
absl::Status QueueFull(std::string_view what, std::int64_t max_bytes);

}  // namespace segrid::queue

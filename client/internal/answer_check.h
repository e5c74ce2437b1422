// Whether an answer can be one to what was sent.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "client/error.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::internal {

// Elements of the JSON array `json`, which are counted and not read; nullopt
// when it is none.
std::optional<std::int64_t> CountElements(std::string_view json);

// What an answer is compared with. A plain value.
struct SentBatch {
  std::optional<std::int64_t> events;  // Nullopt: nobody knows.
  std::int64_t sources = 0;            // That it names; 0: all of the server's.
  bool wants_batch_json = false;
  bool waits = false;  // For the delivery.
};
SentBatch SentBy(const v1::TransformRequest& request);
SentBatch SentBy(const v1::ForwardRequest& request);

// INTERNAL, `IMPOSSIBLE_ANSWER` when no server that keeps to the protos can
// answer like this: counts that are negative, that do not add up, or that are
// those of another number of events. Without this check an empty answer, as a
// proxy makes one, would look like success.
std::optional<Error> CheckAnswer(const SentBatch& sent,
                                 const v1::TransformResponse& answer);
std::optional<Error> CheckAnswer(const SentBatch& sent,
                                 const v1::ForwardResponse& answer);

}  // namespace segrid::internal

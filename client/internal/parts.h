// Large requests as several smaller ones, and their answers as one.

#pragma once

#include <cstdint>
#include <vector>

#include "client/error.h"
#include "client/internal/json_elements.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::internal {

// A part of a request.
template <typename Request>
struct Part {
  Request request;
  std::int32_t first_event = 0;  // Its position in the whole request.
  std::int32_t event_count = 0;
};

// The parts of `request`, in order; empty when it fits as it is, or when the
// server has to say what is wrong with it. An event that is over the limits by
// itself gets a part of its own, which the server refuses.
std::vector<Part<v1::TransformRequest>> CutRequest(
    const v1::TransformRequest& request, const PartLimits& limits);
std::vector<Part<v1::ForwardRequest>> CutRequest(
    const v1::ForwardRequest& request, const PartLimits& limits);

// Adds the answer to a part that begins at `first_event` to `whole`, which
// holds the answers to the parts before.
void AddAnswer(v1::TransformResponse part, std::int32_t first_event,
               v1::TransformResponse& whole);
void AddAnswer(v1::ForwardResponse part, std::int32_t first_event,
               v1::ForwardResponse& whole);

// True for the way in which gRPC refuses a message.
bool IsTooLarge(const Error& error);

// When one event alone was too large: `error` that names it, `events[event]`.
Error NamingLargeEvent(Error error, std::int32_t event);

// The error of a part of `event_count` events that begins at `first_event` as
// that of the whole: `events[3]` becomes `events[3 + first_event]`, an event
// that is too large by itself is named, and `metadata["answered_events"]` says
// how many events were done before.
Error ErrorOfPart(Error error, std::int32_t first_event,
                  std::int32_t event_count);

}  // namespace segrid::internal

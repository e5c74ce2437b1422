// A webhook body as typed messages.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "client/result.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::cli {

// A body, ready to be sent typed. A plain value.
struct TypedEvents {
  v1::TransformRequest request;           // With the events only.
  std::vector<std::int32_t> not_objects;  // What could not be sent, by index.
  std::int32_t coerced_count = 0;         // Values that had to be converted,
  std::int32_t dropped_count = 0;         // and those that could not be.
};

// Reads a JSON array of events. INVALID_ARGUMENT, with the reasons of the
// server, when it is none, and when an event has a time that typed events
// cannot express; RESOURCE_EXHAUSTED when it has more than 1 GiB of
// typed events.
Result<TypedEvents> ReadTypedEvents(std::string_view body);

}  // namespace segrid::cli

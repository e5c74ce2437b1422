// From a serialized SendGridEvent to an Event, without generated classes.

#pragma once

#include <string_view>

#include "core/codec/event.h"

namespace segrid::codec {

// Reads the bytes of one SendGridEvent message into `event`. Gives what the
// generated class would: any field order, the last of several scalars wins,
// unknown fields and fields of another wire type are skipped, strings must be
// UTF-8. False when the generated class would refuse the bytes; then `event` is
// unspecified. The bytes must outlive the event. Thread safety: no state.
bool ReadWireEvent(std::string_view bytes, Event& event);

}  // namespace segrid::codec

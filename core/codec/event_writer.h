// From an Event to a serialized SendGridEvent: typed input from a webhook body.

#pragma once

#include <cstdint>

#include "core/codec/event.h"
#include "core/codec/output.h"

namespace segrid::codec {

// False where the event has a time that no typed event can express: typed times
// are whole seconds, and milliseconds from 1e11 on (mapping.md, 3.3). Call it
// once the values have the types of their rows.
bool HasTypedTime(const Event& event);

// Appends the event as field `number` of the message that contains it. Values
// must have the types of their rows (transform::ConvertAll makes them so);
// those that have not are left out, as are missing custom arguments. Escaped
// texts are unescaped. A time that is none (HasTypedTime) loses its
// milliseconds. Thread safety: no state.
void AppendTypedEvent(std::uint32_t number, Event& event, OutputBuffer& output);

}  // namespace segrid::codec

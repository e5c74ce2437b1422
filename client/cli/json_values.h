// Files of events in the forms that people keep them in.

#pragma once

#include <string>

#include "client/cli/event_splitter.h"
#include "client/result.h"

namespace segrid::cli {

// Cuts `text`, which outlives it, into events of any length.
EventSplitter SplitText(const std::string& text);

// JSON values behind each other as one array: an event per line, blank lines
// between them or not, an event over several lines, a lone event, whole bodies
// (arrays) one after the other. Elements of arrays become elements, in order.
// A single array, and what begins with neither `{` nor `[`, stays as it is. A
// byte order mark in front is taken off.
//
// INVALID_ARGUMENT when it is not that, or when an event is no JSON as the
// server reads it: the message has the line, the byte and the event where that
// is, and what was found.
Result<std::string> AsArray(std::string text);

}  // namespace segrid::cli

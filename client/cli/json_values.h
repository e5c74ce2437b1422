// Files of events in the forms that people keep them in.

#pragma once

#include <string>

#include "client/result.h"

namespace segrid::cli {

// JSON values behind each other as one array: an event per line, blank lines
// between them or not, an event over several lines, whole bodies (arrays) one
// after the other. Elements of arrays become elements, in order; nothing is
// read, only where values end. A single array, and what begins with neither `{`
// nor `[`, stays as it is: whoever reads it says what is wrong with it.
// A byte order mark in front is taken off.
// INVALID_ARGUMENT with the line when a value has no end or is none.
Result<std::string> AsArray(std::string text);

}  // namespace segrid::cli

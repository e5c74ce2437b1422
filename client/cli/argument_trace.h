// What becomes of a custom argument, and why.

#pragma once

#include <cstddef>
#include <string>

#include "client/cli/event_trace.h"
#include "core/codec/event.h"
#include "core/codec/track.h"
#include "core/transform/options.h"

namespace segrid::cli {

// An event as it came, once more for conversions, and the Track that was made
// of it.
struct ArgumentsOf {
  const codec::Event& raw;
  codec::Event& converted;
  const codec::Track& track;
};

// The custom argument `index` of `event`. Without a Track nothing becomes
// anything.
FieldTrace TraceCustomArg(const ArgumentsOf& event, std::size_t index,
                          const transform::Options& options, bool has_track);

// JSON's name of a type.
std::string TypeName(codec::Kind kind);

}  // namespace segrid::cli

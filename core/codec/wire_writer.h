// From a Track to a serialized segrid.v1.Track, without generated classes.

#pragma once

#include <cstddef>
#include <cstdint>

#include "core/codec/output.h"
#include "core/codec/text_arena.h"
#include "core/codec/track.h"

namespace segrid::codec {

// Writes Tracks as protobuf, fields in the order of their numbers. Thread
// safety: none; one user at a time.
class WireWriter {
 public:
  // Appends the Track as field `number` of the message that contains it.
  // Values that are still escaped are unescaped in place. Returns where the
  // anonymous id stands, an offset in the contents of `output`.
  std::size_t Append(std::uint32_t number, Track& track, OutputBuffer& output);

 private:
  void UnescapeValues(Track& track);
  void UnescapeValue(Value& value);

  TextArena texts_;
};

}  // namespace segrid::codec

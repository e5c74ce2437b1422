// From a Track to Segment's JSON.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/codec/output.h"
#include "core/codec/track.h"

namespace segrid::codec {

// Writes Tracks as compact JSON with the minimal escapes, in the order of the
// catalog. The same Track gives the same bytes. Thread safety: none; one user
// at a time.
class JsonWriter {
 public:
  // Where the message id stands in every Track's JSON.
  static constexpr std::size_t kMessageIdOffset =
      std::string_view("{\"type\":\"track\",\"messageId\":\"").size();

  // Where the anonymous id stands in the JSON of this Track, if it has one.
  static std::size_t AnonymousIdOffset(const Track& track) {
    return kMessageIdOffset + track.message_id_size +
           std::string_view("\",\"anonymousId\":\"").size();
  }

  // Appends the Track as a JSON object and returns its size in bytes.
  std::size_t Append(const Track& track, OutputBuffer& output);

 private:
  char* WriteTimestamp(std::int64_t timestamp_ms, char* out);
  void WriteMinute(std::int64_t minute);

  // Events come close together: the minute of the last one is kept as text,
  // "2020-06-09T08:15:", with room to copy it in two moves.
  static constexpr std::size_t kMinuteBytes = 17;
  std::int64_t minute_ = -1;
  std::array<char, 24> text_{};
};

}  // namespace segrid::codec

// From a Track to Segment's JSON.

#pragma once

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

  // Appends the Track as a JSON object and returns its size in bytes.
  std::size_t Append(const Track& track, OutputBuffer& output);

 private:
  char* WriteTimestamp(std::int64_t timestamp_ms, char* out);

  std::int64_t day_ = -1;  // The day that date_ shows.
  char date_[11] = {};     // "2020-06-09T"
};

}  // namespace segrid::codec

// One event through the transform, for tables: JSON in, the Track's values out.

#pragma once

#include <string>
#include <string_view>

#include "boost/json.hpp"
#include "core/codec/json_reader.h"
#include "core/codec/wire_reader.h"
#include "core/transform/transformer.h"
#include "gtest/gtest.h"
#include "segrid/v1/sendgrid_event.pb.h"
#include "tests/testing/track_as_json.h"

namespace segrid::transform {

// What became of an event.
struct Seen {
  Reason reason = Reason::kNone;
  FieldCounts counts;
  boost::json::value track;  // As TrackAsJson; null when there is none.

  // The value at a JSON pointer ("/properties/campaign_id") as JSON text, or ""
  // when the Track has none.
  std::string At(std::string_view pointer) const {
    boost::json::error_code error;
    const boost::json::value* const value = track.find_pointer(pointer, error);
    return value == nullptr ? "" : boost::json::serialize(*value);
  }
};

// `text` as a JSON string, for texts without escapes.
inline std::string Quoted(std::string_view text) {
  std::string quoted("\"");
  return quoted.append(text).append("\"");
}

inline Seen Finish(codec::Event& event, const Options& options) {
  Transformer transformer;
  codec::Track track;
  Seen seen;
  seen.reason = transformer.Transform(event, options, track);
  seen.counts = transformer.counts();
  if (seen.reason == Reason::kNone) seen.track = testing::TrackAsJson(track);
  // A second source sees what the first one converted and counts nothing.
  transformer.ResetCounts();
  EXPECT_EQ(transformer.Transform(event, options, track), seen.reason);
  EXPECT_EQ(transformer.counts().coerced, 0);
  EXPECT_EQ(transformer.counts().dropped, 0);
  if (seen.reason == Reason::kNone) {
    EXPECT_EQ(testing::TrackAsJson(track), seen.track);
  }
  return seen;
}

// Transforms `{<object>}`.
inline Seen TransformObject(std::string_view object,
                            const Options& options = {}) {
  const std::string body = "[{" + std::string(object) + "}]";
  codec::JsonReader reader;
  codec::Event event;
  EXPECT_TRUE(reader.Open(body).ok()) << body;
  EXPECT_EQ(reader.Next(event), codec::JsonReader::Step::kEvent) << body;
  return Finish(event, options);
}

// Transforms an event that is right; of two members with one key the last
// wins, so `members` override what it has.
inline Seen TransformEvent(std::string_view members,
                           const Options& options = {}) {
  std::string object =
      R"("event":"processed","email":"a@b.c","timestamp":1591726752,)"
      R"("sg_event_id":"id")";
  if (!members.empty()) object.append(",").append(members);
  return TransformObject(object, options);
}

// Transforms a typed event.
inline Seen TransformTyped(const v1::SendGridEvent& typed,
                           const Options& options = {}) {
  const std::string bytes = typed.SerializeAsString();
  codec::Event event;
  EXPECT_TRUE(codec::ReadWireEvent(bytes, event));
  return Finish(event, options);
}

}  // namespace segrid::transform

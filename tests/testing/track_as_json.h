// Tracks from all kinds of places as values that can be compared.

#pragma once

#include <string_view>

#include "boost/json.hpp"
#include "core/codec/track.h"
#include "segrid/v1/segment_track.pb.h"

namespace segrid::testing {

// What Segment's JSON of the Track must say: of one that is not yet encoded,
// and of one that was parsed by the generated class.
boost::json::value TrackAsJson(const codec::Track& track);
boost::json::value TrackAsJson(const v1::Track& track);

// What two parsers (Boost.JSON and simdjson's DOM) read from `text`. On a
// parse error, a name that stands twice in an object, or any difference between
// the parsers: a string that says so.
boost::json::value ParseTwice(std::string_view text);

}  // namespace segrid::testing

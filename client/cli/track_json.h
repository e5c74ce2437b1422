// A typed Track as Segment's JSON.

#pragma once

#include <string>

#include "segrid/v1/segment_track.pb.h"

namespace segrid::cli {

// Appends the JSON that the server would have written for `track`: the same
// content; the order of opted-in properties may differ. `context.library` has
// this program's version.
void AppendTrackJson(std::string& out, const v1::Track& track);

}  // namespace segrid::cli

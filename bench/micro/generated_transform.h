// The usual way to write the transform: parse into generated classes, fill
// generated classes, serialize. The baseline for our own codecs; it does what a
// careful engineer would do with these classes, and hashes as fast as we do. It
// does the same work as the transform with the settings' defaults, which a test
// compares, because a baseline that leaves work out would win for nothing.

#pragma once

#include <string>

#include "core/crypto/sha256.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::bench {

// Fills `response` from `request` with the settings' defaults: the Tracks, the
// issues without their texts, and the counts. Appends to what is there.
void GeneratedTransform(const segrid::v1::TransformRequest& request,
                        crypto::Sha256& sha256,
                        segrid::v1::TransformResponse& response);

// Writes `tracks` as `{"batch":[…]}` by appending to `json`.
void GeneratedJson(const segrid::v1::TransformResponse& tracks,
                   std::string& json);

}  // namespace segrid::bench

// The files that came before: `<path>.<UTC time>`.

#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace segrid::receivers::file {

// A name for the file at `path` that nobody has: `tracks.ndjson` becomes
// `tracks.ndjson.20260609T181912Z`, or `….001` and so on within one second.
std::string RotatedName(const std::string& path, absl::Time now);

// Deletes the oldest of them until `keep` are left; 0 keeps all. What cannot be
// deleted stays, until the next time.
void PruneRotated(const std::string& path, std::int32_t keep);

}  // namespace segrid::receivers::file

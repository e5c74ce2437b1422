// Smaller bodies.

#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/http/body.h"

namespace segrid::http {

// `plain` in the gzip format, at the fastest level: about 3.5 times smaller for
// JSON, at 1 GB/s. RESOURCE_EXHAUSTED/GZIP_FAILED: out of memory.
absl::StatusOr<std::string> Gzip(const Body& plain);
absl::StatusOr<std::string> Gzip(std::string_view plain);

}  // namespace segrid::http

// Transform in this process, without a server.

#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "client/cli/transform_answer.h"
#include "core/transform/options.h"

namespace segrid::cli {

// The settings of `source` in the configuration file; the defaults when both
// are empty. The errors of config::Load, a line for each problem; NOT_FOUND
// when the configuration has no such source.
absl::StatusOr<transform::Options> LoadSettings(const std::string& config_file,
                                                const std::string& source);

// Transforms a body of any number of events. INVALID_ARGUMENT when it is no
// JSON array. Takes a small multiple of the body's size in memory.
absl::StatusOr<TransformAnswer> TransformOffline(
    std::string_view body, const transform::Options& options);

}  // namespace segrid::cli

// From a YAML file to a Config that is right.
//
// Precedence: flags of the program (applied by the caller) over the file over
// the defaults of config.h. A file without `sources` has the source of
// Defaults(). Every key is checked, and unknown keys are errors. Any value may
// hold `${ENV_NAME}` and `${file:path}` (interpolate.h). Relative paths in the
// file start at the working directory, but for `path` of a source, which is
// below data_dir.
//
// Thread safety: any thread. Blocking: reads the file and those it names.

#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/config/config.h"
#include "core/config/environment.h"

namespace segrid::config {

// Reads a file of at most 1 MiB.
//
// INVALID_ARGUMENT, INVALID_CONFIG: all that is wrong with it, a line for each:
//   `file:line:column: path.to.key: what is wrong; what would be right`
//   and as field violations. Secrets are never part of it. The first error of
//   YAML's own syntax hides what stands below it.
// NOT_FOUND, CONFIG_NOT_READABLE: the file is missing or cannot be read.
absl::StatusOr<Config> Load(const std::string& path,
                            const Environment& environment);

// The same from a text; `name` stands for the file in messages.
absl::StatusOr<Config> LoadText(std::string_view text, std::string_view name,
                                const Environment& environment);

// The configuration without a file: one source `default`, to Segment US with
// the write key of the environment variable SEGMENT_WRITE_KEY or, when that is
// not set or empty, to the file `tracks.ndjson`.
//
// INVALID_ARGUMENT, INVALID_CONFIG: the variable holds what is no write key.
absl::StatusOr<Config> Defaults(const Environment& environment);

}  // namespace segrid::config

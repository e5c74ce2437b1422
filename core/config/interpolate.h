// `${ENV_NAME}` and `${file:path}` in values, mainly for secrets.

#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "core/config/environment.h"

namespace segrid::config {

// A variable or a file may give at most this much.
inline constexpr std::size_t kMaxInterpolatedBytes = 64 << 10;

// `text` with every `${NAME}` replaced by the environment variable and every
// `${file:path}` by the file's content without its trailing line breaks. `$${`
// stands for a plain `${`; what was put in is not looked at again.
//
// INVALID_ARGUMENT: a variable is not set or empty, a file is unreadable, empty
// or too long, or a `${` has no `}`. The message names the variable or the
// path, never a content.
absl::StatusOr<std::string> Interpolate(std::string_view text,
                                        const Environment& environment);

// True if Interpolate() would put something in.
bool HasInterpolation(std::string_view text);

}  // namespace segrid::config

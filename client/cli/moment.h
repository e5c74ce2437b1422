// Times as people write them on a command line.

#pragma once

#include <optional>
#include <string_view>

#include "absl/time/time.h"

namespace segrid::cli {

// `2026-06-09T18:19:12.25Z` (RFC 3339, with an offset or Z and any fraction),
// `2026-06-09` (its first moment in UTC), or a duration such as `1h30m`, which
// is that long before `now`. Nullopt for anything else, and for what is before
// the year 1 or behind 9999.
std::optional<absl::Time> ParseMoment(std::string_view text, absl::Time now);

}  // namespace segrid::cli

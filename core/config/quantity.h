// Durations and sizes with their unit, as people write them.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace segrid::config {

// Reads `250ms`, `50s`, `1.5h`, `1h30m`. Units: ms, s, m, h.
// INVALID_ARGUMENT says what is wrong and what would be right.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);

// The shortest text that ParseDuration() reads back as `value`, a whole number
// of milliseconds.
std::string DurationText(absl::Duration value);

// Reads `500KB`, `4MiB`, `1.5GiB`. Units: B, KB, MB, GB, TB (1000) and KiB,
// MiB, GiB, TiB (1024). INVALID_ARGUMENT as above.
absl::StatusOr<std::int64_t> ParseSize(std::string_view text);

// `value` >= 0 in the largest binary unit that divides it.
std::string SizeText(std::int64_t value);

}  // namespace segrid::config

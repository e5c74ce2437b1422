// Times that are written otherwise than as an integer (mapping.md, 3.3).

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/codec/event.h"

namespace segrid::transform {

// The time that decimal digits with a fraction or an exponent say: seconds, or
// from 1e11 on milliseconds. Digits after the millisecond are cut off. An
// exponent must leave no digit unwritten down to the second, because programs
// that write exponents cut digits off. nullopt for anything else, and for what
// is too large for 64 bits.
std::optional<codec::Value> ParseDecimalTime(std::string_view text);

// The same, and RFC 3339: a date, `T` or one space, a time of day with any
// number of fraction digits, `Z` or an offset. No second 60.
std::optional<codec::Value> ParseTime(std::string_view text);

// The milliseconds that the integer of a time means; 0 when that is not after
// 1970, or beyond the year 9999.
std::int64_t MillisecondsOf(codec::Value time);

}  // namespace segrid::transform

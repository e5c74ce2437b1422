// "Did you mean …": the known name nearest to a mistyped one.

#pragma once

#include <span>
#include <string>
#include <string_view>

namespace segrid::config {

// The name with the fewest edits (insert, delete, replace, swap neighbours)
// from `typed`, or "" if none is near: over a third of the letters differ.
std::string_view Nearest(std::string_view typed,
                         std::span<const std::string_view> names);

// "did you mean 'region'?", or "known are: a, b" when none is near.
std::string Suggest(std::string_view typed,
                    std::span<const std::string_view> names);

}  // namespace segrid::config

// What a write key may look like.

#pragma once

#include <string_view>

namespace segrid::config {

// What is wrong with a write key and what would be right, or "". Never repeats
// any of it.
std::string_view CheckWriteKey(std::string_view key);

}  // namespace segrid::config

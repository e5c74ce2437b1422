// Where the elements of a JSON array are, without reading them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace segrid::internal {

// How large a part may be.
struct PartLimits {
  std::size_t max_bytes;
  std::int32_t max_events;
};

// Elements that follow each other.
struct ElementRun {
  std::string_view text;   // With the commas between them.
  std::int32_t first = 0;  // Position of the first in the array.
  std::int32_t count = 0;
};

// True when a body of that many bytes, or with that many commas, may be over
// the limits. Quick.
bool MayNeedParts(std::string_view json, const PartLimits& limits);

// Cuts the elements of an array into runs within `limits`; an element that is
// over them by itself gets a run of its own. Nullopt when `json` is no array:
// the server says what is wrong with it. The elements are not checked.
std::optional<std::vector<ElementRun>> CutArray(std::string_view json,
                                                const PartLimits& limits);

}  // namespace segrid::internal

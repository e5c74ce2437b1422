// Values that the reference describes and this version cannot do: refused with
// its own message, never ignored. Building one of these deletes its row.

#pragma once

#include <array>
#include <string_view>

namespace segrid::config {

// A key, or one value of a key that otherwise works.
struct NotYetRow {
  std::string_view path;   // As in messages, lists without index.
  std::string_view value;  // "" = the key with any value.
};

// None now; with rows: std::to_array<NotYetRow>({{"queue.store", "other"}}).
inline constexpr std::array<NotYetRow, 0> kNotYet{};

}  // namespace segrid::config

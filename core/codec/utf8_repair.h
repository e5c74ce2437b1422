// Bytes that are no UTF-8, in bodies that are read all the same (mapping.md,
// 3.9).

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace segrid::codec {

// The mark that some programs write before UTF-8.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view WithoutByteOrderMark(std::string_view text) {
  return text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size())
                                          : text;
}

// The first character of a text that is not empty: its size in bytes, 1 to 4.
// When it is no UTF-8: the size of the maximal part of a sequence that a
// browser replaces by one U+FFFD.
struct Utf8Step {
  std::size_t size = 1;
  bool valid = true;
};
Utf8Step ReadUtf8(std::string_view text);

// Copies `body` to `repaired`, which is overwritten, with U+FFFD for each
// maximal part inside a JSON string that is no UTF-8. Returns the number of
// strings, keys included, in which something was replaced; nullopt when such
// bytes stand outside a string, where nothing can be replaced. Linear; the copy
// is at most three times as large.
std::optional<std::int32_t> RepairUtf8(std::string_view body,
                                       std::string& repaired);

}  // namespace segrid::codec

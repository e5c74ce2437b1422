// Text of others, made harmless for the terminal that shows it.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace segrid::cli {

// JSON with the same values, in which every character is an escape that can
// control a terminal, turn the direction of text, hide, or end a line: C0, DEL
// and C1 controls, bidi marks, overrides and isolates, characters without
// width, line and paragraph separators, tags. Bytes that are no UTF-8 become
// U+FFFD. `json` has such characters in strings only.
std::string SafeJson(std::string_view json);

// The same for a line of plain text: tabs and line ends become spaces, bytes
// that are no UTF-8 `\x9b`.
std::string SafeLine(std::string_view text);

// `1 source`, `2 sources`; `many` is for words that do not end like that.
std::string Counted(std::int64_t count, std::string_view one,
                    std::string_view many = "");

}  // namespace segrid::cli

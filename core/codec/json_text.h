// The insides of JSON strings and numbers.

#pragma once

#include <cstddef>
#include <string_view>

namespace segrid::codec {

// True when every backslash in the inside of a JSON string starts a legal
// escape. The rest of the string was checked by the index.
bool EscapesAreLegal(std::string_view inside);

// True when `text` is a JSON number.
bool IsJsonNumber(std::string_view text);

// Writes the text that the inside of a JSON string means and returns its end.
// The escapes must be legal. A surrogate escape without its partner becomes
// U+FFFD (mapping.md, 3.9). Needs inside.size() bytes of room.
char* Unescape(std::string_view inside, char* out);

// Writes `text` as the inside of a JSON string with the minimal escapes and
// returns its end. Needs 6 * text.size() bytes of room.
char* Escape(std::string_view text, char* out);

// Unescape and Escape in one: the same string with the minimal escapes. Needs
// inside.size() bytes of room.
char* Normalize(std::string_view inside, char* out);

// True when the text needs no escapes inside a JSON string.
bool IsClean(std::string_view text);

}  // namespace segrid::codec

// What RFC 8259 says about a text, decided character by character: the judge
// between two fast readers.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace segrid::testing {

// What a text is.
struct JsonVerdict {
  bool valid = false;     // JSON in UTF-8, at most kMaxJudgedDepth levels deep.
  bool is_array = false;  // The outermost value is an array.
  // What readers may refuse although it is JSON.
  bool lone_surrogate = false;       // A surrogate escape without its partner.
  bool number_out_of_range = false;  // No 64-bit integer and no finite double.
  std::size_t depth = 0;             // Levels of brackets.
};

inline constexpr std::size_t kMaxJudgedDepth = 1024;

JsonVerdict JudgeJson(std::string_view text);

// The text as a browser decodes it: without a byte order mark, and with U+FFFD
// for each maximal part that is no UTF-8 (the decoder of the WHATWG's Encoding
// Standard, step by step).
std::string AsBrowsersRead(std::string_view bytes);

// True when `text` is UTF-8 (RFC 3629: no overlong forms, no surrogates, no
// code point over U+10FFFF).
bool IsPlainUtf8(std::string_view text);

}  // namespace segrid::testing

#include "client/cli/safe_text.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace segrid::cli {
namespace {

struct Span {
  char32_t first;
  char32_t last;
};
constexpr std::array<Span, 10> kUnsafe = {{
    {0x00, 0x1F},        // C0
    {0x7F, 0x9F},        // DEL, C1
    {0xAD, 0xAD},        // Soft hyphen
    {0x61C, 0x61C},      // Arabic letter mark
    {0x180E, 0x180E},    // Mongolian vowel separator
    {0x200B, 0x200F},    // Without width, direction marks
    {0x2028, 0x202E},    // Line, paragraph, bidi embeddings and overrides
    {0x2060, 0x206F},    // Without width, bidi isolates
    {0xFEFF, 0xFEFF},    // Byte order mark
    {0xE0000, 0xE007F},  // Tags
}};

bool IsUnsafe(char32_t c) {
  return std::any_of(kUnsafe.begin(), kUnsafe.end(), [c](const Span& span) {
    return span.first <= c && c <= span.last;
  });
}

constexpr char32_t kNoCharacter = 0xFFFFFFFF;

// The character at the begin of `text`, and its bytes; kNoCharacter and one
// byte when it is no UTF-8.
char32_t Decode(std::string_view text, std::size_t& bytes) {
  const auto byte = [&](std::size_t at) {
    return static_cast<unsigned char>(text[at]);
  };
  bytes = 1;
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead;
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return kNoCharacter;
  char32_t c = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return kNoCharacter;
    c = c << 6 | (byte(i) & 0x3F);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = 0xD800 <= c && c <= 0xDFFF;
  if (c < kLeast[size] || c > 0x10FFFF || surrogate) return kNoCharacter;
  bytes = size;
  return c;
}

void AppendHex(std::string& out, std::string_view prefix, char32_t number,
               int digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out.append(prefix);
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out.push_back(kDigits[number >> shift & 15]);
  }
}

// As JSON writes it: beyond 16 bits in two.
void AppendEscape(std::string& out, char32_t c) {
  if (c > 0xFFFF) {
    c -= 0x10000;
    AppendHex(out, "\\u", 0xD800 + (c >> 10), 4);
    c = 0xDC00 + (c & 0x3FF);
  }
  AppendHex(out, "\\u", c, 4);
}

// Appends what is harmless as it is and `replace`s the rest.
template <typename Replace>
std::string Safe(std::string_view text, const Replace& replace) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    std::size_t bytes = 1;
    const char32_t c = Decode(text, bytes);
    if (c == kNoCharacter || IsUnsafe(c)) {
      replace(out, c, text.front());
    } else {
      out.append(text.substr(0, bytes));
    }
    text.remove_prefix(bytes);
  }
  return out;
}

}  // namespace

std::string SafeJson(std::string_view json) {
  return Safe(json, [](std::string& out, char32_t c, char) {
    AppendEscape(out, c == kNoCharacter ? 0xFFFD : c);
  });
}

std::string SafeLine(std::string_view text) {
  return Safe(text, [](std::string& out, char32_t c, char byte) {
    if (c == kNoCharacter) {
      AppendHex(out, "\\x", static_cast<unsigned char>(byte), 2);
    } else if (c == '\t' || c == '\n' || c == '\r') {
      out.push_back(' ');
    } else {
      AppendEscape(out, c);
    }
  });
}

std::string Counted(std::int64_t count, std::string_view one,
                    std::string_view many) {
  std::string text = std::to_string(count) + " ";
  if (count != 1 && !many.empty()) return text.append(many);
  return text.append(one).append(count == 1 ? "" : "s");
}

}  // namespace segrid::cli

#include "core/codec/json_text.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace segrid::codec {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

// The meaning of JSON's two-character escapes; 0 for those that do not exist.
constexpr std::array<char, 128> kShortEscapes = [] {
  std::array<char, 128> table{};
  table['"'] = '"';
  table['\\'] = '\\';
  table['/'] = '/';
  table['b'] = '\b';
  table['f'] = '\f';
  table['n'] = '\n';
  table['r'] = '\r';
  table['t'] = '\t';
  return table;
}();

// The letter of the short escape of a control character; 'u' for those without
// one, 0 for characters that stay as they are.
constexpr std::array<char, 256> kMustEscape = [] {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The number of the 4 hex digits at `at`, or -1.
int HexQuad(const char* at) {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = HexDigit(at[i]);
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

bool IsHighSurrogate(std::uint32_t unit) { return (unit & 0xFC00) == 0xD800; }
bool IsLowSurrogate(std::uint32_t unit) { return (unit & 0xFC00) == 0xDC00; }

// Reads the `\u` escape at `at` and, for a high surrogate, its partner.
// Advances `at`.
std::uint32_t ReadCodePoint(const char*& at, const char* end) {
  const auto unit = static_cast<std::uint32_t>(HexQuad(at + 2));
  at += 6;
  if (IsLowSurrogate(unit)) return kReplacement;
  if (!IsHighSurrogate(unit)) return unit;
  if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return kReplacement;
  const auto low = static_cast<std::uint32_t>(HexQuad(at + 2));
  if (!IsLowSurrogate(low)) return kReplacement;
  at += 6;
  return 0x10000 + ((unit & 0x3FF) << 10) + (low & 0x3FF);
}

char* WriteUtf8(std::uint32_t point, char* out) {
  const auto put = [&out](std::uint32_t byte) {
    *out++ = static_cast<char>(byte);
  };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
  return out;
}

char* WriteEscaped(unsigned char c, char* out) {
  constexpr char kHex[] = "0123456789abcdef";
  const char letter = kMustEscape[c];
  if (letter == 0) {
    *out++ = static_cast<char>(c);
    return out;
  }
  *out++ = '\\';
  *out++ = letter;
  if (letter != 'u') return out;
  *out++ = '0';
  *out++ = '0';
  *out++ = kHex[c >> 4];
  *out++ = kHex[c & 15];
  return out;
}

// Walks over the inside of a JSON string: runs without a backslash are copied,
// each character that an escape means is given to `write`.
template <typename Write>
char* Walk(std::string_view inside, char* out, Write write) {
  const char* at = inside.data();
  const char* const end = at + inside.size();
  while (at < end) {
    const void* found =
        std::memchr(at, '\\', static_cast<std::size_t>(end - at));
    const char* const stop =
        found == nullptr ? end : static_cast<const char*>(found);
    const auto run = static_cast<std::size_t>(stop - at);
    std::memcpy(out, at, run);
    out += run;
    at = stop;
    if (at == end) break;
    std::uint32_t point = 0;
    if (at[1] == 'u') {
      point = ReadCodePoint(at, end);
    } else {
      point = static_cast<unsigned char>(
          kShortEscapes[static_cast<unsigned char>(at[1])]);
      at += 2;
    }
    out = write(point, out);
  }
  return out;
}

const char* SkipDigits(const char* at, const char* end) {
  while (at < end && *at >= '0' && *at <= '9') ++at;
  return at;
}

}  // namespace

bool EscapesAreLegal(std::string_view inside) {
  const char* at = inside.data();
  const char* const end = at + inside.size();
  while (at < end) {
    const void* found =
        std::memchr(at, '\\', static_cast<std::size_t>(end - at));
    if (found == nullptr) return true;
    at = static_cast<const char*>(found);
    if (end - at < 2) return false;
    const auto letter = static_cast<unsigned char>(at[1]);
    if (letter == 'u') {
      if (end - at < 6 || HexQuad(at + 2) < 0) return false;
      at += 6;
    } else if (letter < 128 && kShortEscapes[letter] != 0) {
      at += 2;
    } else {
      return false;
    }
  }
  return true;
}

bool IsJsonNumber(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  if (at < end && *at == '-') ++at;
  if (at == end) return false;
  const char* digits = at;
  at = SkipDigits(at, end);
  if (at == digits || (*digits == '0' && at - digits > 1)) return false;
  if (at < end && *at == '.') {
    digits = ++at;
    at = SkipDigits(at, end);
    if (at == digits) return false;
  }
  if (at < end && (*at | 0x20) == 'e') {
    ++at;
    if (at < end && (*at == '+' || *at == '-')) ++at;
    digits = at;
    at = SkipDigits(at, end);
    if (at == digits) return false;
  }
  return at == end;
}

char* Unescape(std::string_view inside, char* out) {
  return Walk(inside, out, WriteUtf8);
}

char* Escape(std::string_view text, char* out) {
  for (const char c : text)
    out = WriteEscaped(static_cast<unsigned char>(c), out);
  return out;
}

char* Normalize(std::string_view inside, char* out) {
  return Walk(inside, out, [](std::uint32_t point, char* to) {
    return point < 0x80 ? WriteEscaped(static_cast<unsigned char>(point), to)
                        : WriteUtf8(point, to);
  });
}

bool IsClean(std::string_view text) {
  // Eight bytes at a time: a byte is below 0x20, or equals one of two, where
  // the subtraction borrows into its high bit (bytes of 0x80 and more
  // excluded).
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t found = 0;
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    const std::uint64_t quote = word ^ (kOnes * '"');
    const std::uint64_t slash = word ^ (kOnes * '\\');
    found |= (word - kOnes * 0x20) & ~word;
    found |= (quote - kOnes) & ~quote;
    found |= (slash - kOnes) & ~slash;
  }
  if ((found & kHighs) != 0) return false;
  for (; left > 0; --left, ++at) {
    if (kMustEscape[static_cast<unsigned char>(*at)] != 0) return false;
  }
  return true;
}

}  // namespace segrid::codec

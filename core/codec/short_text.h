// memcmp and memcpy for texts that are mostly short: no call, few branches.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace segrid::codec {

// The bytes at `at` as a number; the first byte is the lowest on every machine.
template <typename Word>
Word LoadWord(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof(Word));
  static_assert(std::endian::native == std::endian::little,
                "words are read as little-endian");
  return word;
}

// True when both have the same `size` bytes. Words that overlap at the end.
inline bool SameBytes(const char* a, const char* b, std::size_t size) {
  if (size >= 8) {
    std::uint64_t difference = LoadWord<std::uint64_t>(a + size - 8) ^
                               LoadWord<std::uint64_t>(b + size - 8);
    for (std::size_t at = 0; at + 8 < size; at += 8) {
      difference |=
          LoadWord<std::uint64_t>(a + at) ^ LoadWord<std::uint64_t>(b + at);
    }
    return difference == 0;
  }
  if (size >= 4) {
    return ((LoadWord<std::uint32_t>(a) ^ LoadWord<std::uint32_t>(b)) |
            (LoadWord<std::uint32_t>(a + size - 4) ^
             LoadWord<std::uint32_t>(b + size - 4))) == 0;
  }
  for (std::size_t at = 0; at < size; ++at) {
    if (a[at] != b[at]) return false;
  }
  return true;
}
inline bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && SameBytes(a.data(), b.data(), a.size());
}

// The same for a text written in code: the compiler compares it as words.
template <std::size_t N>
bool IsText(std::string_view text, const char (&literal)[N]) {
  return text.size() == N - 1 && std::memcmp(text.data(), literal, N - 1) == 0;
}

// Copies `text` and returns the end of the copy. The two must not overlap.
inline char* CopyText(std::string_view text, char* out) {
  const char* const from = text.data();
  const std::size_t size = text.size();
  char* const end = out + size;
  if (size > 32) {
    std::size_t at = 0;
    do {
      std::memcpy(out + at, from + at, 32);
      at += 32;
    } while (at + 32 < size);
    std::memcpy(end - 32, from + size - 32, 32);
  } else if (size >= 16) {
    std::memcpy(out, from, 16);
    std::memcpy(end - 16, from + size - 16, 16);
  } else if (size >= 8) {
    std::memcpy(out, from, 8);
    std::memcpy(end - 8, from + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(out, from, 4);
    std::memcpy(end - 4, from + size - 4, 4);
  } else {
    for (std::size_t i = 0; i < size; ++i) out[i] = from[i];
  }
  return end;
}

}  // namespace segrid::codec

// Numbers of plain digits, eight at a time.

#pragma once

#include <cstddef>
#include <cstdint>

#include "core/codec/short_text.h"

namespace segrid::codec {

inline constexpr std::size_t kMaxPlainDigits = 16;

namespace internal {

inline constexpr std::uint64_t kZeros = 0x3030303030303030;

// The last `count` of the eight bytes before `end`, 1 to 8; zeros before them.
inline std::uint64_t LoadDigits(const char* end, std::size_t count) {
  const std::uint64_t before = (std::uint64_t{1} << (64 - 8 * count)) - 1;
  return (LoadWord<std::uint64_t>(end - 8) & ~before) | (kZeros & before);
}

// True when each of the eight bytes is a digit: its high half is 3, also after
// 6 was added.
constexpr bool AreDigits(std::uint64_t word) {
  constexpr std::uint64_t kHighHalves = 0xF0F0F0F0F0F0F0F0;
  constexpr std::uint64_t kSixes = 0x0606060606060606;
  return ((word & kHighHalves) ^ kZeros) == 0 &&
         (((word + kSixes) & kHighHalves) ^ kZeros) == 0;
}

// The number: pairs of digits, then of pairs, then of those.
constexpr std::uint64_t ValueOfDigits(std::uint64_t word) {
  word = ((word & 0x0F0F0F0F0F0F0F0F) * (10 * 256 + 1)) >> 8;
  word = ((word & 0x00FF00FF00FF00FF) * (100 * 65536 + 1)) >> 16;
  return ((word & 0x0000FFFF0000FFFF) * ((std::uint64_t{10000} << 32) + 1)) >>
         32;
}

}  // namespace internal

// Reads the `count` bytes before `end` as a JSON number of plain digits: no
// sign, no needless zero. False when they are anything else, or more than
// kMaxPlainDigits. That many bytes before `end` must be readable, whatever
// `count` is.
inline bool ReadPlainDigits(const char* end, std::size_t count,
                            std::int64_t& number) {
  if (count - 1 >= kMaxPlainDigits) return false;
  const std::size_t low_count = count < 8 ? count : 8;
  const std::uint64_t low = internal::LoadDigits(end, low_count);
  if (!internal::AreDigits(low)) return false;
  std::uint64_t value = internal::ValueOfDigits(low);
  if (count > 8) {
    const std::uint64_t high = internal::LoadDigits(end - 8, count - 8);
    if (!internal::AreDigits(high)) return false;
    value += internal::ValueOfDigits(high) * 100'000'000;
  }
  number = static_cast<std::int64_t>(value);
  return end[-static_cast<std::ptrdiff_t>(count)] != '0' || count == 1;
}

}  // namespace segrid::codec

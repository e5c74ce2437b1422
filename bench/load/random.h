// Random numbers that are the same on every machine for the same seed.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace segrid::bench {

// SplitMix64. The standard library's distributions differ between
// implementations, so these are our own. Thread safety: none.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }

  // 0 to `bound` - 1; `bound` is positive.
  std::size_t Below(std::size_t bound) { return Next() % bound; }

  bool Chance(std::size_t percent) { return Below(100) < percent; }

  template <typename T>
  const T& Pick(std::span<const T> values) {
    return values[Below(values.size())];
  }

  // `size` characters of `alphabet`.
  std::string Text(std::size_t size, std::string_view alphabet) {
    std::string text(size, '\0');
    for (char& c : text) c = alphabet[Below(alphabet.size())];
    return text;
  }

 private:
  std::uint64_t state_;
};

inline constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
inline constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace segrid::bench

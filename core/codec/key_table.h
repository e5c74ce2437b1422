// From a key of a SendGrid event to its catalog row: a perfect hash that the
// compiler finds anew whenever the catalog changes.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/catalog/catalog.h"

namespace segrid::codec {

// Finds the row of a top-level key in one probe and one comparison.
class KeyTable {
 public:
  static constexpr std::size_t kMaxKeyBytes = 32;

  consteval KeyTable() {
    for (std::size_t i = 0; i < catalog::kFieldCount; ++i) {
      const std::string_view key = catalog::kFields[i].key;
      if (key.size() >= kMaxKeyBytes) throw "a key is too long for the table";
      for (std::size_t c = 0; c < key.size(); ++c) keys_[i].text[c] = key[c];
      keys_[i].size = static_cast<std::uint8_t>(key.size());
    }
    for (multiplier_ = 1; !TryFill(); ++multiplier_) {
    }
  }

  // The row, or kNoField: then the key is a custom argument's.
  catalog::FieldId Find(std::string_view key) const {
    if (key.size() - 1 >= kMaxKeyBytes - 1) return catalog::kNoField;
    const std::uint8_t row = slots_[Hash(key, multiplier_)];
    if (row == kEmpty || keys_[row].size != key.size() ||
        !Equal(keys_[row].text.data(), key.data(), key.size())) {
      return catalog::kNoField;
    }
    return catalog::FieldId(row);
  }

 private:
  static constexpr std::size_t kSlots = 256;
  static constexpr std::uint8_t kEmpty = 0xFF;
  struct Key {
    std::array<char, kMaxKeyBytes> text{};
    std::uint8_t size = 0;
  };

  // memcmp without the call: words that overlap at the end.
  static bool Equal(const char* a, const char* b, std::size_t size) {
    const auto differ = [a, b]<typename Word>(Word, std::size_t at) {
      Word left;
      Word right;
      std::memcpy(&left, a + at, sizeof(Word));
      std::memcpy(&right, b + at, sizeof(Word));
      return left ^ right;
    };
    if (size >= 8) {
      std::uint64_t difference = differ(std::uint64_t{}, size - 8);
      for (std::size_t at = 0; at + 8 < size; at += 8) {
        difference |= differ(std::uint64_t{}, at);
      }
      return difference == 0;
    }
    if (size >= 4) {
      return (differ(std::uint32_t{}, 0) | differ(std::uint32_t{}, size - 4)) ==
             0;
    }
    for (std::size_t at = 0; at < size; ++at) {
      if (a[at] != b[at]) return false;
    }
    return true;
  }

  static constexpr std::size_t Hash(std::string_view key,
                                    std::uint32_t multiplier) {
    const auto at = [key](std::size_t i) {
      return std::uint32_t{static_cast<unsigned char>(key[i])};
    };
    const auto size = static_cast<std::uint32_t>(key.size());
    const std::uint32_t mixed = at(0) | at(size / 3) << 8 | at(size - 1) << 16 |
                                (size + 4 * at(size / 2)) << 24;
    return (mixed * (multiplier * 0x9E3779B1u | 1u)) >> 24;
  }

  constexpr bool TryFill() {
    for (std::uint8_t& slot : slots_) slot = kEmpty;
    for (std::size_t i = 0; i < catalog::kFieldCount; ++i) {
      if (!catalog::kFields[i].parent.empty()) continue;
      std::uint8_t& slot = slots_[Hash(catalog::kFields[i].key, multiplier_)];
      if (slot != kEmpty) return false;
      slot = static_cast<std::uint8_t>(i);
    }
    return true;
  }

  std::uint32_t multiplier_ = 0;
  std::array<std::uint8_t, kSlots> slots_{};
  std::array<Key, catalog::kFieldCount> keys_{};
};

inline constexpr KeyTable kKeyTable;

}  // namespace segrid::codec

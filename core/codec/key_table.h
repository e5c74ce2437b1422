// From a key of a SendGrid event to its catalog row: a perfect hash that the
// compiler finds anew whenever the catalog changes.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/catalog/catalog.h"
#include "core/codec/short_text.h"

namespace segrid::codec {

// Finds the row of a top-level key: one multiplication, one probe, and one
// comparison of all bytes without a branch on them.
class KeyTable {
 public:
  static constexpr std::size_t kMaxKeyBytes = 32;

  consteval KeyTable() {
    for (multiplier_ = kFirstMultiplier; !TryFill();) {
      multiplier_ = multiplier_ * 6364136223846793005u + 2;
    }
  }

  // The row of the key, or kNoField: then it is a custom argument's.
  // kMaxKeyBytes from `key` on must be readable, whatever its size.
  catalog::FieldId FindPadded(const char* key, std::size_t size) const {
    // A longer key finds a row of another size.
    const std::uint64_t first =
        LoadWord<std::uint64_t>(key) & kFirstMasks[size % kMaxKeyBytes];
    const Slot& slot = slots_[Hash(first, size, multiplier_)];
    if (slot.size != size) return catalog::kNoField;
    const auto differ = [&](std::size_t i) {
      const std::uint64_t word = LoadWord<std::uint64_t>(key + 8 * i);
      return (word ^ slot.words[i]) & slot.masks[i];
    };
    std::uint64_t difference = (first ^ slot.words[0]) | differ(1);
    if (size > 16) difference |= differ(2) | differ(3);
    return difference == 0 ? slot.row : catalog::kNoField;
  }

  // The same for a key of which nothing else may be read.
  catalog::FieldId Find(std::string_view key) const {
    if (key.empty() || key.size() >= kMaxKeyBytes) return catalog::kNoField;
    std::array<char, kMaxKeyBytes> padded{};
    std::copy(key.begin(), key.end(), padded.begin());
    return FindPadded(padded.data(), key.size());
  }

 private:
  static constexpr std::size_t kSlots = 256;
  static constexpr std::size_t kWords = kMaxKeyBytes / 8;
  static constexpr std::uint64_t kFirstMultiplier = 0x9E3779B97F4A7C15;
  // The words of a key and which of their bits belong to it.
  struct alignas(64) Slot {
    std::array<std::uint64_t, kWords> words{};
    std::array<std::uint64_t, kWords> masks{};
    std::size_t size = 0;  // 0: there is no key.
    catalog::FieldId row = catalog::kNoField;
  };

  // By size: which bits of the first word belong to a key.
  static constexpr auto kFirstMasks = [] {
    std::array<std::uint64_t, kMaxKeyBytes> masks{};
    for (std::size_t size = 0; size < kMaxKeyBytes; ++size) {
      for (std::size_t i = 0; i < std::min<std::size_t>(size, 8); ++i) {
        masks[size] |= std::uint64_t{0xFF} << 8 * i;
      }
    }
    return masks;
  }();

  static constexpr Slot MakeSlot(std::size_t row) {
    const std::string_view key = catalog::kFields[row].key;
    if (key.size() >= kMaxKeyBytes) throw "a key is too long for the table";
    Slot slot{.size = key.size(),
              .row = catalog::FieldId(static_cast<std::uint8_t>(row))};
    for (std::size_t i = 0; i < key.size(); ++i) {
      const std::uint64_t byte = static_cast<unsigned char>(key[i]);
      slot.words[i / 8] |= byte << 8 * (i % 8);
      slot.masks[i / 8] |= std::uint64_t{0xFF} << 8 * (i % 8);
    }
    return slot;
  }

  static constexpr std::size_t Hash(std::uint64_t first, std::size_t size,
                                    std::uint64_t multiplier) {
    return ((first + size) * multiplier) >> 56;
  }

  constexpr bool TryFill() {
    slots_.fill(Slot());
    for (std::size_t i = 0; i < catalog::kFieldCount; ++i) {
      if (!catalog::kFields[i].parent.empty()) continue;
      const Slot made = MakeSlot(i);
      Slot& slot = slots_[Hash(made.words[0], made.size, multiplier_)];
      if (slot.size != 0) return false;
      slot = made;
    }
    return true;
  }

  std::uint64_t multiplier_ = 0;
  std::array<Slot, kSlots> slots_{};
};

inline constexpr KeyTable kKeyTable;

}  // namespace segrid::codec

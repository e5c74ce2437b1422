// From a key of a SendGrid event to its catalog row: a perfect hash that the
// compiler finds anew whenever the catalog changes.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/catalog/catalog.h"
#include "core/codec/event.h"
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

  // A key and the `":` behind it, with zeros behind that.
  struct alignas(64) Slot {
    std::array<char, kMaxKeyBytes> text;
    std::uint64_t mark;  // Event::MarkOf(row).
    catalog::FieldId row;
    bool takes_digits;  // Plain digits are its integer.
  };

  // The slot of the key of `size` bytes, behind which `":` stands; nullptr when
  // there is none, or when something else stands there. No byte of the key is
  // 0. kMaxKeyBytes from `key` on must be readable, whatever its size.
  const Slot* FindMember(const char* key, std::size_t size) const {
    if (size >= kMasks.size()) [[unlikely]] {
      return nullptr;
    }
    const Padded& mask = kMasks[size];
    const Bytes16 low = Load(key) & Aligned(mask.bytes.data());
    const Bytes16 high = Load(key + 16) & Aligned(mask.bytes.data() + 16);
    const auto first = reinterpret_cast<const Halves&>(low)[0];
    const Slot& slot = slots_[Hash(first, size, multiplier_)];
    const Bytes16 difference = (low ^ Aligned(slot.text.data())) |
                               (high ^ Aligned(slot.text.data() + 16));
    return IsZero(difference) ? &slot : nullptr;
  }

  // The row of a key of which nothing else may be read, or kNoField: then it is
  // a custom argument's.
  catalog::FieldId Find(std::string_view key) const {
    if (key.size() >= kMasks.size() || key.find('\0') != key.npos) {
      return catalog::kNoField;
    }
    std::array<char, kMaxKeyBytes> padded{};
    std::copy(key.begin(), key.end(), padded.begin());
    std::copy(kEnd.begin(), kEnd.end(), padded.begin() + key.size());
    const Slot* const slot = FindMember(padded.data(), key.size());
    return slot == nullptr ? catalog::kNoField : slot->row;
  }

 private:
  static constexpr std::size_t kSlots = 256;
  static constexpr std::uint64_t kFirstMultiplier = 0x9E3779B97F4A7C15;
  static constexpr std::string_view kEnd = "\":";
  // Sixteen bytes at once, on any machine that the compiler knows.
  using Bytes16 [[gnu::vector_size(16)]] = char;
  using Halves [[gnu::vector_size(16)]] = std::uint64_t;
  struct alignas(kMaxKeyBytes) Padded {
    std::array<char, kMaxKeyBytes> bytes;
  };

  // By the size of a key: the bytes that belong to it and to what ends it.
  static constexpr auto kMasks = [] {
    std::array<Padded, kMaxKeyBytes - kEnd.size() + 1> masks{};
    for (std::size_t size = 0; size < masks.size(); ++size) {
      std::fill_n(masks[size].bytes.begin(), size + kEnd.size(), '\xFF');
    }
    return masks;
  }();

  static Bytes16 Load(const char* from) {
    Bytes16 bytes;
    std::memcpy(&bytes, from, sizeof(bytes));
    return bytes;
  }
  static Bytes16 Aligned(const char* from) {
    return *static_cast<const Bytes16*>(
        __builtin_assume_aligned(from, sizeof(Bytes16)));
  }
  static bool IsZero(Bytes16 bytes) {
    const auto halves = reinterpret_cast<const Halves&>(bytes);
    return (halves[0] | halves[1]) == 0;
  }

  static constexpr std::size_t Hash(std::uint64_t first, std::size_t size,
                                    std::uint64_t multiplier) {
    return ((first + size) * multiplier) >> 56;
  }

  constexpr bool TryFill() {
    Slot unused{
        .text = {}, .mark = 0, .row = catalog::kNoField, .takes_digits = false};
    unused.text.back() = '\xFF';  // No member ends in this.
    slots_.fill(unused);
    for (std::size_t i = 0; i < catalog::kFieldCount; ++i) {
      if (!catalog::kFields[i].parent.empty()) continue;
      const std::string_view key = catalog::kFields[i].key;
      if (key.size() >= kMasks.size()) throw "a key is too long for the table";
      const catalog::FieldId row{static_cast<std::uint8_t>(i)};
      Slot made{.text = {},
                .mark = Event::MarkOf(row),
                .row = row,
                .takes_digits = catalog::IsInteger(catalog::kFields[i].type)};
      std::copy(kEnd.begin(), kEnd.end(),
                std::copy(key.begin(), key.end(), made.text.begin()));
      std::uint64_t first = 0;
      for (std::size_t at = 0; at < 8; ++at) {
        first |= std::uint64_t{static_cast<unsigned char>(made.text[at])}
                 << 8 * at;
      }
      Slot& slot = slots_[Hash(first, key.size(), multiplier_)];
      if (slot.row != catalog::kNoField) return false;
      slot = made;
    }
    return true;
  }

  std::array<Slot, kSlots> slots_{};
  std::uint64_t multiplier_ = 0;
};

inline constexpr KeyTable kKeyTable;

}  // namespace segrid::codec

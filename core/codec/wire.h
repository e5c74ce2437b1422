// The protobuf wire format: what the codecs of the hot path read and write
// instead of generated classes. Accepts and refuses what the generated parsers
// of Protobuf 3.21 do. Inline because a call per field would cost more than the
// field.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/codec/short_text.h"

namespace segrid::codec {

enum class WireType : std::uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kStartGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5,
};

constexpr std::uint32_t MakeTag(std::uint32_t number, WireType type) {
  return number << 3 | static_cast<std::uint32_t>(type);
}
constexpr std::uint32_t TagNumber(std::uint32_t tag) { return tag >> 3; }
constexpr WireType TagType(std::uint32_t tag) {
  return static_cast<WireType>(tag & 7);
}

// Reads the fields of one message. A view: the bytes must outlive it and all
// views it gives. Every method returns false on malformed bytes; then the
// reader must not be used any more.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool done() const { return at_ == end_; }
  const char* position() const { return at_; }

  bool ReadVarint(std::uint64_t& value) {
    if (at_ < end_ && static_cast<signed char>(*at_) >= 0) [[likely]] {
      value = static_cast<unsigned char>(*at_++);
      return true;
    }
    return ReadLongVarint(value, 10);
  }

  // Reads a tag. Refuses field number 0.
  bool ReadTag(std::uint32_t& tag) {
    std::uint64_t value = 0;
    if (at_ < end_ && static_cast<signed char>(*at_) >= 0) [[likely]] {
      value = static_cast<unsigned char>(*at_++);
    } else if (!ReadLongVarint(value, 5)) {
      return false;
    }
    tag = static_cast<std::uint32_t>(value);
    return TagNumber(tag) != 0;
  }

  // Reads the length and the bytes of a string, bytes or message field.
  bool ReadBytes(std::string_view& bytes) {
    std::uint64_t size = 0;
    if (at_ < end_ && static_cast<signed char>(*at_) >= 0) [[likely]] {
      size = static_cast<unsigned char>(*at_++);
    } else if (!ReadLongVarint(size, 5)) {
      return false;
    }
    if (size > static_cast<std::size_t>(end_ - at_)) return false;
    bytes = {at_, size};
    at_ += size;
    return true;
  }

  // Skips the value of an unknown field whose tag was just read, groups
  // included.
  bool SkipValue(std::uint32_t tag) { return SkipValue(tag, kMaxGroupDepth); }

 private:
  // The generated parsers allow 100 messages and groups in each other, wherever
  // they start; this is what is left below the messages that we read.
  static constexpr int kMaxGroupDepth = 96;

  bool ReadLongVarint(std::uint64_t& value, int max_bytes) {
    value = 0;
    for (int i = 0; i < max_bytes && at_ < end_; ++i) {
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= std::uint64_t{byte & 0x7Fu} << (7 * i);
      if (byte < 0x80) return true;
    }
    return false;
  }

  bool SkipBytes(std::size_t count) {
    if (static_cast<std::size_t>(end_ - at_) < count) return false;
    at_ += count;
    return true;
  }

  bool SkipValue(std::uint32_t tag, int depth) {
    std::uint64_t ignored_integer = 0;
    std::string_view ignored_bytes;
    switch (TagType(tag)) {
      case WireType::kVarint:
        return ReadVarint(ignored_integer);
      case WireType::kFixed64:
        return SkipBytes(8);
      case WireType::kBytes:
        return ReadBytes(ignored_bytes);
      case WireType::kFixed32:
        return SkipBytes(4);
      case WireType::kStartGroup:
        return depth > 0 && SkipGroup(tag, depth - 1);
      default:
        return false;
    }
  }

  bool SkipGroup(std::uint32_t start, int depth) {
    for (std::uint32_t tag = 0; ReadTag(tag);) {
      if (TagType(tag) == WireType::kEndGroup) {
        return TagNumber(tag) == TagNumber(start);
      }
      if (!SkipValue(tag, depth)) return false;
    }
    return false;
  }

  const char* at_;
  const char* end_;
};

// The number of bytes that a varint takes: 1 to 10.
constexpr std::size_t VarintSize(std::uint64_t value) {
  const auto bits = static_cast<std::size_t>(std::bit_width(value | 1));
  return (bits * 9 + 64) / 64;
}

// The number of bytes of a field with `size` bytes of contents.
constexpr std::size_t BytesFieldSize(std::uint32_t number, std::size_t size) {
  return VarintSize(MakeTag(number, WireType::kBytes)) + VarintSize(size) +
         size;
}

// The writers put their bytes at `out`, where there must be room, and return
// the end of what they wrote.
inline char* WriteVarint(char* out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) {
    *out++ = static_cast<char>(value | 0x80);
  }
  *out++ = static_cast<char>(value);
  return out;
}

inline char* WriteTag(char* out, std::uint32_t number, WireType type) {
  return WriteVarint(out, MakeTag(number, type));
}

inline char* WriteBytesHeader(char* out, std::uint32_t number,
                              std::size_t size) {
  return WriteVarint(WriteTag(out, number, WireType::kBytes), size);
}

inline char* WriteBytesField(char* out, std::uint32_t number,
                             std::string_view bytes) {
  return CopyText(bytes, WriteBytesHeader(out, number, bytes.size()));
}

inline char* WriteVarintField(char* out, std::uint32_t number,
                              std::uint64_t value) {
  return WriteVarint(WriteTag(out, number, WireType::kVarint), value);
}

// True when `text` is valid UTF-8. The ASCII case, nearly all of it, is decided
// eight bytes at a time.
bool IsNonAsciiUtf8(std::string_view text);  // In utf8.cc.
inline bool IsUtf8(std::string_view text) {
  using Bytes16 [[gnu::vector_size(16)]] = std::uint64_t;
  const char* const at = text.data();
  const std::size_t size = text.size();
  std::uint64_t high = 0;
  if (size >= 16) {
    // The last step overlaps the one before.
    Bytes16 all = LoadWord<Bytes16>(at + size - 16);
    for (std::size_t i = 0; i + 16 < size; i += 16) {
      all |= LoadWord<Bytes16>(at + i);
    }
    high = all[0] | all[1];
  } else if (size >= 8) {
    high = LoadWord<std::uint64_t>(at) | LoadWord<std::uint64_t>(at + size - 8);
  } else if (size >= 4) {
    high = LoadWord<std::uint32_t>(at) | LoadWord<std::uint32_t>(at + size - 4);
  } else {
    for (std::size_t i = 0; i < size; ++i) {
      high |= static_cast<unsigned char>(at[i]);
    }
  }
  return (high & 0x8080808080808080u) == 0 || IsNonAsciiUtf8(text);
}

}  // namespace segrid::codec

#include "tests/testing/wire_maker.h"

namespace segrid::testing {
namespace {

using catalog::Type;

constexpr int kVarint = 0;
constexpr int kFixed64 = 1;
constexpr int kBytes = 2;
constexpr int kStartGroup = 3;
constexpr int kEndGroup = 4;
constexpr int kFixed32 = 5;

}  // namespace

std::string WireMaker::Event(std::size_t max_fields, bool hostile) {
  hostile_ = hostile;
  std::string out;
  for (std::size_t left = random_.Below(max_fields + 1); left > 0; --left) {
    if (random_.OneIn(6)) {
      MapEntry(out);
    } else if (random_.OneIn(12)) {
      Unknown(3, out);
    } else {
      const catalog::FieldRow& row = random_.PickFrom(catalog::kFields);
      if (row.parent.empty()) Field(row, out);
    }
  }
  return out;
}

void WireMaker::Field(const catalog::FieldRow& row, std::string& out) {
  if (random_.OneIn(20)) {  // Another wire type.
    switch (random_.Below(3)) {
      case 0:
        Tag(row.number, kFixed32, out);
        out += "abcd";
        return;
      case 1:
        Tag(row.number, kFixed64, out);
        out += "abcdefgh";
        return;
      default:
        break;
    }
    const bool is_number =
        catalog::IsInteger(row.type) || row.type == Type::kBoolean;
    Tag(row.number, is_number ? kBytes : kVarint, out);
    return is_number ? Bytes("\x08\x01", out) : Varint(Integer(), out);
  }
  if (catalog::IsInteger(row.type) || row.type == Type::kBoolean) {
    Tag(row.number, kVarint, out);
    return Varint(Integer(), out);
  }
  Tag(row.number, kBytes, out);
  if (row.type != Type::kObject) return Bytes(Text(), out);
  std::string members;
  Members(row.key, members);
  Bytes(members, out);
}

void WireMaker::Members(std::string_view object, std::string& out) {
  for (std::size_t left = random_.Below(5); left > 0; --left) {
    const catalog::FieldRow& row = random_.PickFrom(catalog::kFields);
    if (row.parent == object) {
      Field(row, out);
    } else if (random_.OneIn(10)) {
      Unknown(2, out);
    }
  }
}

void WireMaker::MapEntry(std::string& out) {
  std::string entry;
  const auto key = [&] {
    Tag(1, kBytes, entry);
    Bytes(random_.OneIn(3) ? Text() : std::to_string(random_.Below(20)), entry);
  };
  const auto value = [&] {
    Tag(2, kBytes, entry);
    Bytes(Text(), entry);
  };
  const bool backwards = random_.OneIn(8);
  if (backwards) value();
  if (!random_.OneIn(10)) key();
  if (!backwards && !random_.OneIn(10)) value();
  while (random_.OneIn(8)) {
    switch (random_.Below(4)) {
      case 0:
        key();
        break;
      case 1:
        value();
        break;
      case 2:
        Tag(1 + random_.Below(2), kVarint, entry);
        Varint(7, entry);
        break;
      default:
        Unknown(2, entry);
    }
  }
  Tag(catalog::kCustomArgsNumber, kBytes, out);
  Bytes(entry, out);
}

void WireMaker::Unknown(int depth, std::string& out) {
  const std::uint64_t number =
      random_.Pick<std::uint64_t>({48, 63, 64, 100, 2047, 2048, 536'870'911});
  switch (random_.Below(depth > 0 ? 5 : 4)) {
    case 0:
      Tag(number, kVarint, out);
      return Varint(Integer(), out);
    case 1:
      Tag(number, kFixed64, out);
      out += "01234567";
      return;
    case 2:
      Tag(number, kFixed32, out);
      out += "0123";
      return;
    case 3:
      Tag(number, kBytes, out);
      return Bytes("\xFF not text \x01", out);
    default:
      Tag(number, kStartGroup, out);
      while (random_.OneIn(2)) Unknown(depth - 1, out);
      // Known numbers inside a group are not the event's.
      if (random_.OneIn(3)) Field(catalog::kFields[0], out);
      Tag(number, kEndGroup, out);
  }
}

void WireMaker::Tag(std::uint64_t number, int wire_type, std::string& out) {
  const std::uint64_t tag = number << 3 | static_cast<unsigned>(wire_type);
  std::uint64_t rest = tag;
  for (; rest >= 0x80; rest >>= 7) out += static_cast<char>(rest | 0x80);
  out += static_cast<char>(rest);
  // Longer than it need be.
  if (tag < 1u << 14 && random_.OneIn(30)) {
    out.back() = static_cast<char>(out.back() | 0x80);
    out += random_.OneIn(2) ? std::string("\x80\0", 2) : std::string("\0", 1);
  }
}

void WireMaker::Varint(std::uint64_t value, std::string& out) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7, ++size) {
    out += static_cast<char>(value | 0x80);
  }
  out += static_cast<char>(value);
  if (!random_.OneIn(20)) return;
  for (; size < 10 && !random_.OneIn(4); ++size) {
    out.back() = static_cast<char>(out.back() | 0x80);
    out += '\0';
  }
}

void WireMaker::Bytes(std::string_view bytes, std::string& out) {
  std::uint64_t size = bytes.size();
  for (; size >= 0x80; size >>= 7) out += static_cast<char>(size | 0x80);
  out += static_cast<char>(size);
  if (random_.OneIn(30)) {
    out.back() = static_cast<char>(out.back() | 0x80);
    out += '\0';
  }
  out += bytes;
}

std::string WireMaker::Text() {
  if (hostile_ && random_.OneIn(25)) {
    return random_.Pick<std::string>({"\xC3", "\xC0\x80", "\xED\xA0\x80",
                                      "\xFF", "a\x80",
                                      "12345678\xF4\x90\x80\x80"});
  }
  std::string text;
  for (std::size_t left = random_.Below(4); left > 0; --left) {
    text += random_.Pick<std::string_view>(
        {"Ada@Example.com", "singlesend", "open", "click", "x", "é", "日本",
         "😀", "\"\\\n\x01", "a text that is longer than others", "12"});
    if (random_.OneIn(30)) text.append(random_.Below(300), 'y');
  }
  return text;
}

std::uint64_t WireMaker::Integer() {
  switch (random_.Below(4)) {
    case 0:
      return random_.Below(3);
    case 1:
      return 1591726752 + random_.Below(1000);
    case 2:
      return random_.Bits() >> random_.Below(64);
    default:
      return ~std::uint64_t{0} - random_.Below(1000);
  }
}

}  // namespace segrid::testing

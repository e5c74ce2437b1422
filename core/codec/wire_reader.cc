#include "core/codec/wire_reader.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/catalog/catalog.h"
#include "core/codec/wire.h"

namespace segrid::codec {
namespace {

using catalog::FieldId;
using catalog::Type;

// The wire type of a row's field.
constexpr WireType WireTypeOf(Type type) {
  return catalog::IsInteger(type) || type == Type::kBoolean ? WireType::kVarint
                                                            : WireType::kBytes;
}

// By tag, so that the number and the wire type are one look-up: the row of an
// event's own field.
constexpr std::size_t kTags = 512;
constexpr auto kRowsByTag = [] {
  std::array<FieldId, kTags> rows{};
  rows.fill(catalog::kNoField);
  for (std::size_t i = 0; i < catalog::kFieldCount; ++i) {
    const catalog::FieldRow& row = catalog::kFields[i];
    if (!row.parent.empty()) continue;
    const std::uint32_t tag = MakeTag(row.number, WireTypeOf(row.type));
    if (tag >= kTags || rows[tag] != catalog::kNoField) throw "number";
    rows[tag] = FieldId(static_cast<std::uint8_t>(i));
  }
  return rows;
}();

FieldId FindMember(FieldId object, std::uint32_t number) {
  const catalog::Members members = catalog::MembersOf(object);
  for (std::size_t i = members.first; i < members.first + members.count; ++i) {
    if (catalog::kFields[i].number == number) {
      return FieldId(static_cast<std::uint8_t>(i));
    }
  }
  return catalog::kNoField;
}

bool ReadText(WireReader& reader, Value& value) {
  std::string_view text;
  if (!reader.ReadBytes(text) || !IsUtf8(text)) return false;
  value = text.empty() ? Value() : Value(Kind::kText, text);
  return true;
}

// Reads the value of a string, integer or boolean field.
bool ReadScalarField(WireReader& reader, FieldId id, Event& event) {
  Value value;
  const Type type = catalog::Row(id).type;
  if (type == Type::kString) {
    if (!ReadText(reader, value)) return false;
  } else {
    std::uint64_t number = 0;
    if (!reader.ReadVarint(number)) return false;
    value = catalog::IsInteger(type)
                ? Value::OfInteger(static_cast<std::int64_t>(number))
                : Value::OfKind(number != 0 ? Kind::kTrue : Kind::kFalse);
  }
  event.Set(id, value);
  return true;
}

// The items of the one list field stand side by side in Event::items.
bool ReadListItem(WireReader& reader, FieldId id, Event& event) {
  Value item;
  if (!ReadText(reader, item)) return false;
  Value list = event.Get(id);
  if (list.missing()) {
    list = Value::OfKind(Kind::kList);
    list.first = event.items.size();
  }
  event.items.push_back(item);
  ++list.size;
  event.Set(id, list);
  return true;
}

bool ReadObject(WireReader& reader, FieldId object, Event& event) {
  std::string_view bytes;
  if (!reader.ReadBytes(bytes)) return false;
  event.Set(object, Value::OfKind(Kind::kObject));
  WireReader members(bytes);
  while (!members.done()) {
    std::uint32_t tag = 0;
    if (!members.ReadTag(tag)) return false;
    const FieldId id = FindMember(object, TagNumber(tag));
    const bool known = id != catalog::kNoField &&
                       TagType(tag) == WireTypeOf(catalog::Row(id).type);
    if (!(known ? ReadScalarField(members, id, event)
                : members.SkipValue(tag))) {
      return false;
    }
  }
  return true;
}

// An entry of the map of custom arguments: field 1 is the key, 2 the value.
bool ReadCustomArg(WireReader& reader, Event& event) {
  std::string_view bytes;
  if (!reader.ReadBytes(bytes)) return false;
  CustomArg arg{Value(Kind::kText, ""), Value()};
  WireReader entry(bytes);
  while (!entry.done()) {
    std::uint32_t tag = 0;
    std::string_view text;
    if (!entry.ReadTag(tag)) return false;
    if (tag == MakeTag(1, WireType::kBytes)) {
      if (!entry.ReadBytes(text) || !IsUtf8(text)) return false;
      arg.key = Value(Kind::kText, text);
    } else if (tag == MakeTag(2, WireType::kBytes)) {
      if (!ReadText(entry, arg.value)) return false;
    } else if (!entry.SkipValue(tag)) {
      return false;
    }
  }
  event.custom_args.push_back(arg);
  return true;
}

// Any field but a plain text. Returns the position after it, nullptr when it is
// malformed.
const char* ReadField(WireReader reader, Event& event) {
  std::uint32_t tag = 0;
  if (!reader.ReadTag(tag)) return nullptr;
  const FieldId id = tag < kTags ? kRowsByTag[tag] : catalog::kNoField;
  bool read = false;
  if (id == catalog::kNoField) {
    constexpr std::uint32_t kCustomArgsTag =
        MakeTag(catalog::kCustomArgsNumber, WireType::kBytes);
    read = tag == kCustomArgsTag ? ReadCustomArg(reader, event)
                                 : reader.SkipValue(tag);
  } else if (catalog::Row(id).type == Type::kStringList) {
    read = ReadListItem(reader, id, event);
  } else if (catalog::Row(id).type == Type::kObject) {
    read = ReadObject(reader, id, event);
  } else {
    read = ReadScalarField(reader, id, event);
  }
  return read ? reader.position() : nullptr;
}

// The longest head of a plain text: a tag and a size of two bytes each.
constexpr std::ptrdiff_t kHeadBytes = 4;

// Reads a varint of one or two bytes; moves `at`. Larger ones give a number
// that is too large for what it is used for.
std::uint32_t ReadShort(const char*& at) {
  const auto first = static_cast<unsigned char>(at[0]);
  if (first < 0x80) {
    ++at;
    return first;
  }
  const auto second = static_cast<unsigned char>(at[1]);
  at += 2;
  return second < 0x80 ? (first & 0x7Fu) | std::uint32_t{second} << 7
                       : ~std::uint32_t{0};
}

}  // namespace

// The loop over the fields. Plain texts, nearly all there is, are read here;
// what the loop carries on is in locals whose address nobody has, or it would
// travel through memory.
bool ReadWireEvent(std::string_view bytes, Event& event) {
  event.Clear();
  event.source_bytes = bytes.size();
  event.from_wire = true;
  event.args_may_name_fields = true;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end) {
    if (end - at >= kHeadBytes) [[likely]] {
      const char* next = at;
      const std::uint32_t tag = ReadShort(next);
      const FieldId id = tag < kTags ? kRowsByTag[tag] : catalog::kNoField;
      if (id != catalog::kNoField && catalog::Row(id).type == Type::kString)
          [[likely]] {
        const std::uint32_t size = ReadShort(next);
        if (size - 1 < static_cast<std::size_t>(end - next)) [[likely]] {
          const std::string_view text(next, size);
          if (!IsUtf8(text)) return false;
          event.Put(id, Value(Kind::kText, text));
          at = next + size;
          continue;
        }
      }
    }
    at = ReadField(WireReader({at, static_cast<std::size_t>(end - at)}), event);
    if (at == nullptr) return false;
  }
  return true;
}

}  // namespace segrid::codec

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

constexpr std::size_t kNumbers = 64;
constexpr std::uint8_t kNone = 0xFF;

// From the proto field number to the row: of an event's own fields when
// `parent` is empty, else of that object's members.
consteval std::array<std::uint8_t, kNumbers> RowsByNumber(
    std::string_view parent) {
  std::array<std::uint8_t, kNumbers> rows{};
  rows.fill(kNone);
  for (std::size_t i = 0; i < catalog::kFieldCount; ++i) {
    const catalog::FieldRow& row = catalog::kFields[i];
    if (row.parent != parent) continue;
    if (row.number >= kNumbers || rows[row.number] != kNone) throw "number";
    rows[row.number] = static_cast<std::uint8_t>(i);
  }
  return rows;
}

constexpr auto kEventRows = RowsByNumber("");

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

// The wire type of a row's field.
constexpr WireType WireTypeOf(Type type) {
  return type == Type::kInteger || type == Type::kBoolean ? WireType::kVarint
                                                          : WireType::kBytes;
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
    value = type == Type::kInteger
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

bool ReadField(WireReader& reader, std::uint32_t tag, Event& event) {
  const std::uint32_t number = TagNumber(tag);
  if (number == catalog::kCustomArgsNumber &&
      TagType(tag) == WireType::kBytes) {
    return ReadCustomArg(reader, event);
  }
  const std::uint8_t row = number < kNumbers ? kEventRows[number] : kNone;
  if (row == kNone) return reader.SkipValue(tag);
  const FieldId id{row};
  const Type type = catalog::Row(id).type;
  if (TagType(tag) != WireTypeOf(type)) return reader.SkipValue(tag);
  switch (type) {
    case Type::kStringList:
      return ReadListItem(reader, id, event);
    case Type::kObject:
      return ReadObject(reader, id, event);
    default:
      return ReadScalarField(reader, id, event);
  }
}

}  // namespace

bool ReadWireEvent(std::string_view bytes, Event& event) {
  event.Clear();
  event.source_bytes = bytes.size();
  event.from_wire = true;
  WireReader reader(bytes);
  while (!reader.done()) {
    std::uint32_t tag = 0;
    if (!reader.ReadTag(tag) || !ReadField(reader, tag, event)) return false;
  }
  return true;
}

}  // namespace segrid::codec

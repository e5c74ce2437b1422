#include "core/codec/wire_writer.h"

#include <cstring>
#include <string_view>
#include <utility>

#include "core/catalog/catalog.h"
#include "core/codec/json_text.h"
#include "core/codec/wire.h"

namespace segrid::codec {
namespace {

using catalog::FieldId;
using catalog::Place;

// Field numbers of segrid.v1.Track and the messages in it; a test compares them
// with the descriptors.
constexpr std::uint32_t kMessageId = 1;
constexpr std::uint32_t kAnonymousId = 2;
constexpr std::uint32_t kUserId = 3;
constexpr std::uint32_t kEvent = 4;
constexpr std::uint32_t kTimestamp = 5;
constexpr std::uint32_t kProperties = 6;
constexpr std::uint32_t kContext = 7;
constexpr std::uint32_t kTraits = 1;
constexpr std::uint32_t kMapKey = 1;
constexpr std::uint32_t kMapValue = 2;
constexpr std::uint32_t kListValues = 1;
// ExtraValue: one number a type, and one an object, in the catalog's order.
constexpr std::uint32_t kStringValue = 1;
constexpr std::uint32_t kIntegerValue = 2;
constexpr std::uint32_t kBoolValue = 3;
constexpr std::uint32_t kListValue = 4;
constexpr std::uint32_t kFirstObjectValue = 5;

std::uint32_t ObjectNumber(FieldId object) {
  std::uint32_t number = kFirstObjectValue;
  for (std::size_t i = 0; i < catalog::Index(object); ++i) {
    number += catalog::kFields[i].type == catalog::Type::kObject;
  }
  return number;
}

// The members of an object extra, in the order of the catalog.
template <typename Visit>
void ForEachMember(FieldId object, const Event& event, Visit visit) {
  const catalog::Members members = catalog::MembersOf(object);
  for (std::size_t i = 0; i < members.count; ++i) {
    const FieldId id{static_cast<std::uint8_t>(members.first + i)};
    if (event.Has(id)) visit(catalog::Row(id).number, event.Get(id));
  }
}

std::size_t ListSize(std::uint32_t number, const Value& list) {
  std::size_t size = 0;
  for (std::uint32_t i = 0; i < list.size; ++i) {
    size += BytesFieldSize(number, list.items[i].size);
  }
  return size;
}

std::size_t FieldSize(std::uint32_t number, const Value& value) {
  switch (value.kind) {
    case Kind::kInteger:
      return VarintSize(number << 3) +
             VarintSize(static_cast<std::uint64_t>(value.integer));
    case Kind::kTrue:
    case Kind::kFalse:
      return VarintSize(number << 3) + 1;
    case Kind::kList:
      return ListSize(number, value);
    default:
      return BytesFieldSize(number, value.size);
  }
}

char* WriteText(std::uint32_t number, std::string_view text, char* out) {
  return WriteBytesField(out, number, text);
}

char* WriteField(std::uint32_t number, const Value& value, char* out) {
  switch (value.kind) {
    case Kind::kInteger:
      return WriteVarintField(out, number,
                              static_cast<std::uint64_t>(value.integer));
    case Kind::kTrue:
    case Kind::kFalse:
      return WriteVarintField(out, number, value.kind == Kind::kTrue ? 1 : 0);
    case Kind::kList:
      for (std::uint32_t i = 0; i < value.size; ++i) {
        out = WriteText(number, value.items[i].text(), out);
      }
      return out;
    default:
      return WriteText(number, value.text(), out);
  }
}

// The contents of the ExtraValue message: its field's number and, where that
// is a message, the message's size.
struct ExtraShape {
  std::uint32_t number = kStringValue;
  std::size_t inner = 0;
  std::size_t size = 0;  // The ExtraValue's bytes.
};

ExtraShape ShapeOf(const Extra& extra, const Event& event) {
  ExtraShape shape;
  switch (extra.value.kind) {
    case Kind::kInteger:
      shape.number = kIntegerValue;
      break;
    case Kind::kTrue:
    case Kind::kFalse:
      shape.number = kBoolValue;
      break;
    case Kind::kList:
      shape.number = kListValue;
      shape.inner = ListSize(kListValues, extra.value);
      shape.size = BytesFieldSize(shape.number, shape.inner);
      return shape;
    case Kind::kObject:
      shape.number = ObjectNumber(extra.field);
      ForEachMember(extra.field, event,
                    [&shape](std::uint32_t number, const Value& value) {
                      shape.inner += FieldSize(number, value);
                    });
      shape.size = BytesFieldSize(shape.number, shape.inner);
      return shape;
    default:
      break;
  }
  shape.size = FieldSize(shape.number, extra.value);
  return shape;
}

std::size_t EntrySize(const Extra& extra, const ExtraShape& shape) {
  return BytesFieldSize(kMapKey, extra.name.size) +
         BytesFieldSize(kMapValue, shape.size);
}

char* WriteExtra(const Extra& extra, const Event& event, char* out) {
  const ExtraShape shape = ShapeOf(extra, event);
  out = WriteBytesHeader(out, catalog::kExtraNumber, EntrySize(extra, shape));
  out = WriteText(kMapKey, extra.name.text(), out);
  out = WriteBytesHeader(out, kMapValue, shape.size);
  if (extra.value.kind == Kind::kList) {
    out = WriteBytesHeader(out, shape.number, shape.inner);
    return WriteField(kListValues, extra.value, out);
  }
  if (extra.value.kind == Kind::kObject) {
    out = WriteBytesHeader(out, shape.number, shape.inner);
    ForEachMember(extra.field, event,
                  [&out](std::uint32_t number, const Value& value) {
                    out = WriteField(number, value, out);
                  });
    return out;
  }
  return WriteField(shape.number, extra.value, out);
}

// Room for a Track besides what comes from the event, and for how often a byte
// of the event may appear.
constexpr std::size_t kFixedBytes = 4096;
constexpr std::size_t kGrowth = 6;

// Nearly all messages in a Track have a size of two bytes, so that much is kept
// free before the contents, which move in the other cases.
constexpr std::size_t kSizeBytes = 2;

// Starts field `number`, a message, and returns where its contents go.
char* Begin(std::uint32_t number, char* out) {
  return WriteTag(out, number, WireType::kBytes) + kSizeBytes;
}

// Ends the message whose contents stand between the two; returns its end.
char* End(char* contents, char* end) {
  const auto size = static_cast<std::size_t>(end - contents);
  char* const start = contents - kSizeBytes;
  const std::size_t size_bytes = VarintSize(size);
  if (size_bytes != kSizeBytes) {
    std::memmove(start + size_bytes, contents, size);
  }
  return WriteVarint(start, size) + size;
}

template <std::size_t row, Place place>
char* WriteProperty(const Track& track, char* out) {
  constexpr const catalog::PropertyRow& property = catalog::kProperties[row];
  if constexpr (property.place != place) return out;
  const Value value = track.properties[row];
  if (value.missing()) return out;
  if constexpr (property.type == catalog::Type::kString) {
    return WriteText(property.number, value.text(), out);
  } else {
    return WriteField(property.number, value, out);
  }
}

// One piece of straight code for each row of the table.
template <Place place>
char* WritePlace(const Track& track, char* out) {
  return [&]<std::size_t... rows>(std::index_sequence<rows...>) {
    ((out = WriteProperty<rows, place>(track, out)), ...);
    return out;
  }
  (std::make_index_sequence<catalog::kPropertyCount>());
}

char* WriteTimestamp(std::int64_t timestamp_ms, char* out) {
  const std::int64_t seconds = timestamp_ms / 1000;
  const std::int64_t nanos = timestamp_ms % 1000 * 1'000'000;
  // Two varints and their tags: the size is below 128.
  char* const size = WriteTag(out, kTimestamp, WireType::kBytes);
  char* end = size + 1;
  if (seconds != 0) end = WriteField(1, Value::OfInteger(seconds), end);
  if (nanos != 0) end = WriteField(2, Value::OfInteger(nanos), end);
  *size = static_cast<char>(end - size - 1);
  return end;
}

char* WriteProperties(const Track& track, char* out) {
  char* const contents = Begin(kProperties, out);
  out = WritePlace<Place::kProperties>(track, contents);
  for (const Extra& extra : track.extras) {
    out = WriteExtra(extra, *track.event, out);
  }
  return End(contents, out);
}

char* WriteContext(const Track& track, char* out) {
  char* const context = Begin(kContext, out);
  char* const traits = Begin(kTraits, context);
  out = End(traits, WritePlace<Place::kTraits>(track, traits));
  return End(context, WritePlace<Place::kContext>(track, out));
}

}  // namespace

std::size_t WireWriter::Append(std::uint32_t number, Track& track,
                               OutputBuffer& output) {
  if (!track.event->from_wire) UnescapeValues(track);
  char* out =
      output.Reserve(kFixedBytes + kGrowth * (track.event->source_bytes +
                                              track.given_name_bytes));
  char* const contents = Begin(number, out);
  out = WriteText(kMessageId, track.message_id_text(), contents);
  if (track.has_anonymous_id) [[likely]] {
    out = WriteText(kAnonymousId, track.anonymous_id_text(), out);
  }
  const char* const anonymous_id = out - Track::kHashHexBytes;
  if (!track.user_id.missing()) out = WriteField(kUserId, track.user_id, out);
  out = WriteText(kEvent, catalog::kEvents[track.event_row].segment, out);
  out = WriteTimestamp(track.timestamp_ms, out);
  out = WriteProperties(track, out);
  out = WriteContext(track, out);
  char* const end = End(contents, out);
  output.Finish(end);
  return output.size() - static_cast<std::size_t>(out - anonymous_id);
}

void WireWriter::UnescapeValues(Track& track) {
  texts_.Reset();
  UnescapeValue(track.user_id);
  for (Value& value : track.properties) UnescapeValue(value);
  for (Extra& extra : track.extras) UnescapeValue(extra.value);
}

void WireWriter::UnescapeValue(Value& value) {
  if (value.kind != Kind::kEscapedText) return;
  char* const text = texts_.Reserve(value.size);
  const char* const end = Unescape(value.text(), text);
  value = Value(Kind::kText, texts_.Keep(static_cast<std::size_t>(end - text)));
}

}  // namespace segrid::codec

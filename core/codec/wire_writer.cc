#include "core/codec/wire_writer.h"

#include <array>
#include <string_view>

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
  std::size_t size = 0;  // Of the ExtraValue.
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

template <Place place>
std::size_t PlaceSize(const Track& track) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < catalog::kPropertyCount; ++i) {
    const catalog::PropertyRow& row = catalog::kProperties[i];
    if (row.place != place || track.properties[i].missing()) continue;
    size += FieldSize(row.number, track.properties[i]);
  }
  return size;
}

template <Place place>
char* WritePlace(const Track& track, char* out) {
  for (std::size_t i = 0; i < catalog::kPropertyCount; ++i) {
    const catalog::PropertyRow& row = catalog::kProperties[i];
    if (row.place != place || track.properties[i].missing()) continue;
    out = WriteField(row.number, track.properties[i], out);
  }
  return out;
}

// The sizes of the messages inside a Track.
struct TrackShape {
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  std::size_t timestamp = 0;
  std::size_t properties = 0;
  std::size_t traits = 0;
  std::size_t context = 0;
  std::size_t track = 0;
};

TrackShape ShapeOf(const Track& track) {
  TrackShape shape;
  shape.seconds = track.timestamp_ms / 1000;
  shape.nanos = track.timestamp_ms % 1000 * 1'000'000;
  if (shape.seconds != 0) {
    shape.timestamp += FieldSize(1, Value::OfInteger(shape.seconds));
  }
  if (shape.nanos != 0) {
    shape.timestamp += FieldSize(2, Value::OfInteger(shape.nanos));
  }
  shape.properties = PlaceSize<Place::kProperties>(track);
  for (const Extra& extra : track.extras) {
    shape.properties += BytesFieldSize(
        catalog::kExtraNumber, EntrySize(extra, ShapeOf(extra, *track.event)));
  }
  shape.traits = PlaceSize<Place::kTraits>(track);
  shape.context =
      BytesFieldSize(kTraits, shape.traits) + PlaceSize<Place::kContext>(track);
  shape.track =
      BytesFieldSize(kMessageId, track.message_id_size) +
      BytesFieldSize(kAnonymousId, Track::kHashHexBytes) +
      (track.user_id.missing() ? 0 : FieldSize(kUserId, track.user_id)) +
      BytesFieldSize(kEvent, catalog::kEvents[track.event_row].segment.size()) +
      BytesFieldSize(kTimestamp, shape.timestamp) +
      BytesFieldSize(kProperties, shape.properties) +
      BytesFieldSize(kContext, shape.context);
  return shape;
}

char* WriteTimestamp(const TrackShape& shape, char* out) {
  out = WriteBytesHeader(out, kTimestamp, shape.timestamp);
  if (shape.seconds != 0) {
    out = WriteField(1, Value::OfInteger(shape.seconds), out);
  }
  if (shape.nanos != 0) {
    out = WriteField(2, Value::OfInteger(shape.nanos), out);
  }
  return out;
}

}  // namespace

void WireWriter::Append(std::uint32_t number, Track& track,
                        OutputBuffer& output) {
  if (!track.event->from_wire) UnescapeValues(track);
  const TrackShape shape = ShapeOf(track);
  char* out = output.Reserve(BytesFieldSize(number, shape.track));
  out = WriteBytesHeader(out, number, shape.track);
  out = WriteText(kMessageId, track.message_id_text(), out);
  out = WriteText(kAnonymousId, track.anonymous_id_text(), out);
  if (!track.user_id.missing()) out = WriteField(kUserId, track.user_id, out);
  out = WriteText(kEvent, catalog::kEvents[track.event_row].segment, out);
  out = WriteTimestamp(shape, out);
  out = WriteBytesHeader(out, kProperties, shape.properties);
  out = WritePlace<Place::kProperties>(track, out);
  for (const Extra& extra : track.extras) {
    out = WriteExtra(extra, *track.event, out);
  }
  out = WriteBytesHeader(out, kContext, shape.context);
  out = WriteBytesHeader(out, kTraits, shape.traits);
  out = WritePlace<Place::kTraits>(track, out);
  out = WritePlace<Place::kContext>(track, out);
  output.Finish(out);
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

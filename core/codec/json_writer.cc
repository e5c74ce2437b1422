#include "core/codec/json_writer.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <utility>

#include "core/base/version.h"
#include "core/codec/json_text.h"
#include "core/codec/short_text.h"

namespace segrid::codec {
namespace {

// Room for a Track besides what comes from the event: names, punctuation,
// numbers, ids.
constexpr std::size_t kFixedBytes = 4096;
// A byte of the event appears in at most four places, each with at most two
// more bytes of punctuation; text from typed input may grow sixfold on top.
constexpr std::size_t kGrowthOfJson = 6;
constexpr std::size_t kGrowthOfWire = 24;
// A name that the source gives appears once, perhaps escaped.
constexpr std::size_t kGrowthOfName = 6;

// A text of up to N - 1 bytes made by the compiler; copied whole, because a
// copy of constant size is a few moves.
template <std::size_t N>
struct Literal {
  std::array<char, N> text{};
  std::size_t size = 0;

  constexpr Literal& operator+=(std::string_view more) {
    for (const char c : more) text[size++] = c;
    return *this;
  }
};

template <std::size_t N>
char* Put(const Literal<N>& literal, char* out) {
  std::memcpy(out, literal.text.data(), N);
  return out + literal.size;
}

template <std::size_t N>
char* Put(const char (&text)[N], char* out) {
  std::memcpy(out, text, N - 1);
  return out + N - 1;
}

// `"name":` for each property, with the quote of a text after it;
// `"event":"name","timestamp":"` for each event.
constexpr auto kNames = [] {
  std::array<Literal<32>, catalog::kPropertyCount> names{};
  for (std::size_t i = 0; i < names.size(); ++i) {
    (((names[i] += "\"") += catalog::kProperties[i].name) += "\":");
    if (catalog::kProperties[i].type == catalog::Type::kString) {
      names[i] += "\"";
    }
  }
  return names;
}();

constexpr auto kEventParts = [] {
  std::array<Literal<96>, catalog::kEventCount> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    ((parts[i] += ",\"event\":\"") += catalog::kEvents[i].segment) +=
        "\",\"timestamp\":\"";
  }
  return parts;
}();

constexpr auto kContextPart = [] {
  Literal<128> part;
  ((part += "},\"context\":{\"library\":{\"name\":\"segrid\",\"version\":\"") +=
   base::kVersion) += "\"},\"traits\":{";
  return part;
}();

char* WriteContents(Value value, char* out) {
  if (value.kind == Kind::kCleanText) return CopyText(value.text(), out);
  if (value.kind == Kind::kEscapedText) return Normalize(value.text(), out);
  return IsClean(value.text()) ? CopyText(value.text(), out)
                               : Escape(value.text(), out);
}

char* WriteText(Value value, char* out) {
  *out++ = '"';
  out = WriteContents(value, out);
  *out++ = '"';
  return out;
}

// Ends an object or array whose members each end in a comma.
char* Close(char close, char* out) {
  if (out[-1] == ',') --out;
  *out++ = close;
  return out;
}

char* WriteList(Value list, char* out) {
  *out++ = '[';
  for (std::uint32_t i = 0; i < list.size; ++i) {
    out = Put("\"", out);
    out = Put("\",", WriteContents(list.items[i], out));
  }
  return Close(']', out);
}

char* WriteValue(Value value, char* out) {
  switch (value.kind) {
    case Kind::kInteger:
      return std::to_chars(out, out + 24, value.integer).ptr;
    case Kind::kTrue:
      return Put("true", out);
    case Kind::kFalse:
      return Put("false", out);
    case Kind::kList:
      return WriteList(value, out);
    default:
      return WriteText(value, out);
  }
}

char* WriteObject(catalog::FieldId object, const Event& event, char* out) {
  const catalog::Members members = catalog::MembersOf(object);
  *out++ = '{';
  for (std::size_t i = 0; i < members.count; ++i) {
    const catalog::FieldId id{static_cast<std::uint8_t>(members.first + i)};
    if (!event.Has(id)) continue;
    out = WriteText(Value(Kind::kCleanText, catalog::Row(id).key), out);
    *out++ = ':';
    out = WriteValue(event.Get(id), out);
    *out++ = ',';
  }
  return Close('}', out);
}

template <std::size_t row, catalog::Place place>
char* WriteProperty(const Track& track, char* out) {
  constexpr const catalog::PropertyRow& property = catalog::kProperties[row];
  if constexpr (property.place != place) return out;
  const Value value = track.properties[row];
  if (value.missing()) return out;
  out = Put(kNames[row], out);
  if constexpr (property.type == catalog::Type::kString) {
    // Nearly all texts are clean: only that case is worth its code in place.
    out = value.kind == Kind::kCleanText ? CopyText(value.text(), out)
                                         : WriteContents(value, out);
    return Put("\",", out);
  } else if constexpr (property.type == catalog::Type::kStringList) {
    return Put(",", WriteList(value, out));
  } else {
    return Put(",", WriteValue(value, out));
  }
}

// One piece of straight code for each row of the table.
template <catalog::Place place>
char* WritePlace(const Track& track, char* out) {
  return [&]<std::size_t... rows>(std::index_sequence<rows...>) {
    ((out = WriteProperty<rows, place>(track, out)), ...);
    return out;
  }
  (std::make_index_sequence<catalog::kPropertyCount>());
}

char* WriteExtras(const Track& track, char* out) {
  for (const Extra& extra : track.extras) {
    out = WriteText(extra.name, out);
    *out++ = ':';
    if (extra.value.kind == Kind::kCleanText) [[likely]] {
      *out++ = '"';
      out = Put("\",", CopyText(extra.value.text(), out));
      continue;
    }
    out = extra.value.kind == Kind::kObject
              ? WriteObject(extra.field, *track.event, out)
              : WriteValue(extra.value, out);
    *out++ = ',';
  }
  return out;
}

char* PutPair(std::uint32_t number, char* out) {
  *out++ = static_cast<char>('0' + number / 10);
  *out++ = static_cast<char>('0' + number % 10);
  return out;
}

std::size_t Bound(const Track& track) {
  const std::size_t growth =
      track.event->from_wire ? kGrowthOfWire : kGrowthOfJson;
  return kFixedBytes + growth * track.event->source_bytes +
         kGrowthOfName * track.given_name_bytes;
}

}  // namespace

std::size_t JsonWriter::Append(const Track& track, OutputBuffer& output) {
  char* const start = output.Reserve(Bound(track));
  char* out = Put("{\"type\":\"track\",\"messageId\":\"", start);
  out = CopyText(track.message_id_text(), out);
  if (track.has_anonymous_id) [[likely]] {
    out = Put("\",\"anonymousId\":\"", out);
    std::memcpy(out, track.anonymous_id.data(), Track::kHashHexBytes);
    out += Track::kHashHexBytes;
  }
  *out++ = '"';
  if (!track.user_id.missing()) {
    out = Put(",\"userId\":", out);
    out = WriteText(track.user_id, out);
  }
  out = Put(kEventParts[track.event_row], out);
  out = WriteTimestamp(track.timestamp_ms, out);
  out = Put("\",\"properties\":{", out);
  out = WritePlace<catalog::Place::kProperties>(track, out);
  out = WriteExtras(track, out);
  if (out[-1] == ',') --out;
  out = Put(kContextPart, out);
  out = WritePlace<catalog::Place::kTraits>(track, out);
  out = Close('}', out);
  *out++ = ',';
  out = WritePlace<catalog::Place::kContext>(track, out);
  out = Close('}', out);
  if (track.original_timestamp) [[unlikely]] {
    out = Put(",\"originalTimestamp\":\"", out);
    out = WriteTimestamp(track.timestamp_ms, out);
    out = Put("\",\"channel\":\"server\"", out);
  }
  *out++ = '}';
  output.Finish(out);
  return static_cast<std::size_t>(out - start);
}

char* JsonWriter::WriteTimestamp(std::int64_t timestamp_ms, char* out) {
  constexpr std::int64_t kMinuteMs = 60'000;
  const std::int64_t minute = timestamp_ms / kMinuteMs;
  const auto ms = static_cast<std::uint32_t>(timestamp_ms % kMinuteMs);
  if (minute != minute_) WriteMinute(minute);
  std::memcpy(out, text_.data(), text_.size());
  out = PutPair(ms / 1000, out + kMinuteBytes);
  *out++ = '.';
  *out++ = static_cast<char>('0' + ms % 1000 / 100);
  out = PutPair(ms % 100, out);
  *out++ = 'Z';
  return out;
}

void JsonWriter::WriteMinute(std::int64_t minute) {
  constexpr std::int64_t kDayMinutes = 1440;
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{minute / kDayMinutes}}};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  const auto of_day = static_cast<unsigned>(minute % kDayMinutes);
  char* out = PutPair(year % 100, PutPair(year / 100, text_.data()));
  *out++ = '-';
  out = PutPair(static_cast<unsigned>(date.month()), out);
  *out++ = '-';
  out = PutPair(static_cast<unsigned>(date.day()), out);
  *out++ = 'T';
  out = PutPair(of_day / 60, out);
  *out++ = ':';
  out = PutPair(of_day % 60, out);
  *out = ':';
  minute_ = minute;
}

}  // namespace segrid::codec

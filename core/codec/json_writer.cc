#include "core/codec/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>

#include "core/base/version.h"
#include "core/codec/json_text.h"

namespace segrid::codec {
namespace {

// Room for a Track besides what comes from the event: names, punctuation,
// numbers, ids.
constexpr std::size_t kFixedBytes = 4096;
// A byte of the event appears in at most four places, each with at most two
// more bytes of punctuation; text from typed input may grow sixfold on top.
constexpr std::size_t kGrowthOfJson = 6;
constexpr std::size_t kGrowthOfWire = 24;

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

// `"name":` for each property, `"event":"name","timestamp":"` for each event.
constexpr auto kNames = [] {
  std::array<Literal<32>, catalog::kPropertyCount> names{};
  for (std::size_t i = 0; i < names.size(); ++i) {
    (((names[i] += "\"") += catalog::kProperties[i].name) += "\":");
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

// memcpy for short texts: no call, no branch on each byte.
char* Copy(std::string_view text, char* out) {
  const char* from = text.data();
  const std::size_t size = text.size();
  if (size >= 16) {
    for (std::size_t i = 0; i + 16 <= size; i += 16) {
      std::memcpy(out + i, from + i, 16);
    }
    std::memcpy(out + size - 16, from + size - 16, 16);
  } else if (size >= 8) {
    std::memcpy(out, from, 8);
    std::memcpy(out + size - 8, from + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(out, from, 4);
    std::memcpy(out + size - 4, from + size - 4, 4);
  } else {
    for (std::size_t i = 0; i < size; ++i) out[i] = from[i];
  }
  return out + size;
}

char* WriteText(const Value& value, char* out) {
  *out++ = '"';
  if (value.kind == Kind::kEscapedText) {
    out = Normalize(value.text(), out);
  } else if (value.kind == Kind::kText && !IsClean(value.text())) {
    out = Escape(value.text(), out);
  } else {
    out = Copy(value.text(), out);
  }
  *out++ = '"';
  return out;
}

// Ends an object or array whose members each end in a comma.
char* Close(char close, char* out) {
  if (out[-1] == ',') --out;
  *out++ = close;
  return out;
}

char* WriteValue(const Value& value, char* out) {
  switch (value.kind) {
    case Kind::kInteger:
      return std::to_chars(out, out + 24, value.integer).ptr;
    case Kind::kTrue:
      return Put("true", out);
    case Kind::kFalse:
      return Put("false", out);
    case Kind::kList:
      *out++ = '[';
      for (std::uint32_t i = 0; i < value.size; ++i) {
        out = WriteText(value.items[i], out);
        *out++ = ',';
      }
      return Close(']', out);
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

template <catalog::Place place>
char* WritePlace(const Track& track, char* out) {
  for (std::size_t i = 0; i < catalog::kPropertyCount; ++i) {
    if (catalog::kProperties[i].place != place) continue;
    const Value& value = track.properties[i];
    if (value.missing()) continue;
    out = Put(kNames[i], out);
    out = WriteValue(value, out);
    *out++ = ',';
  }
  return out;
}

char* WriteExtras(const Track& track, char* out) {
  for (const Extra& extra : track.extras) {
    out = WriteText(extra.name, out);
    *out++ = ':';
    out = extra.value.kind == Kind::kObject
              ? WriteObject(extra.field, *track.event, out)
              : WriteValue(extra.value, out);
    *out++ = ',';
  }
  return out;
}

char* PutPair(std::int64_t number, char* out) {
  *out++ = static_cast<char>('0' + number / 10);
  *out++ = static_cast<char>('0' + number % 10);
  return out;
}

std::size_t Bound(const Track& track) {
  const std::size_t growth =
      track.event->from_wire ? kGrowthOfWire : kGrowthOfJson;
  return kFixedBytes + growth * track.event->source_bytes;
}

}  // namespace

std::size_t JsonWriter::Append(const Track& track, OutputBuffer& output) {
  char* const start = output.Reserve(Bound(track));
  char* out = Put("{\"type\":\"track\",\"messageId\":\"", start);
  out = Copy(track.message_id_text(), out);
  out = Put("\",\"anonymousId\":\"", out);
  std::memcpy(out, track.anonymous_id.data(), Track::kHashHexBytes);
  out += Track::kHashHexBytes;
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
  *out++ = '}';
  output.Finish(out);
  return static_cast<std::size_t>(out - start);
}

char* JsonWriter::WriteTimestamp(std::int64_t timestamp_ms, char* out) {
  constexpr std::int64_t kDayMs = 86'400'000;
  const std::int64_t day = timestamp_ms / kDayMs;
  const std::int64_t ms = timestamp_ms % kDayMs;
  if (day != day_) {
    const std::chrono::year_month_day date{
        std::chrono::sys_days{std::chrono::days{day}}};
    const auto year = static_cast<int>(date.year());
    char* to = PutPair(year % 100, PutPair(year / 100, date_));
    *to++ = '-';
    to = PutPair(static_cast<unsigned>(date.month()), to);
    *to++ = '-';
    to = PutPair(static_cast<unsigned>(date.day()), to);
    *to = 'T';
    day_ = day;
  }
  std::memcpy(out, date_, sizeof(date_));
  out = PutPair(ms / 3'600'000, out + sizeof(date_));
  *out++ = ':';
  out = PutPair(ms / 60'000 % 60, out);
  *out++ = ':';
  out = PutPair(ms / 1000 % 60, out);
  *out++ = '.';
  *out++ = static_cast<char>('0' + ms % 1000 / 100);
  out = PutPair(ms % 100, out);
  *out++ = 'Z';
  return out;
}

}  // namespace segrid::codec

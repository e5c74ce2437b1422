#include "core/codec/event_writer.h"

#include <cstddef>
#include <string_view>

#include "core/catalog/catalog.h"
#include "core/codec/json_text.h"
#include "core/codec/wire.h"

namespace segrid::codec {
namespace {

using catalog::FieldId;

// Tag and length of a field: both numbers fit into 5 bytes each.
constexpr std::size_t kHeaderBytes = 10;

std::string_view Plain(const Value& value, TextArena& texts) {
  if (value.kind != Kind::kEscapedText) return value.text();
  char* const text = texts.Reserve(value.size);
  const char* const end = Unescape(value.text(), text);
  return texts.Keep(static_cast<std::size_t>(end - text));
}

void AppendText(std::uint32_t number, std::string_view text,
                OutputBuffer& output) {
  char* const out = output.Reserve(text.size() + kHeaderBytes);
  output.Finish(WriteBytesField(out, number, text));
}

void AppendNumber(std::uint32_t number, std::uint64_t value,
                  OutputBuffer& output) {
  char* const out = output.Reserve(2 * kHeaderBytes);
  output.Finish(WriteVarintField(out, number, value));
}

// A typed time counts by its magnitude: from here on milliseconds, and below it
// whole seconds.
constexpr std::int64_t kFirstMilliseconds = 100'000'000'000;

std::int64_t TypedInteger(const Value& value) {
  constexpr std::int64_t kSecondMs = 1000;
  const bool is_large = value.integer >= kFirstMilliseconds;
  if (value.unit() == TimeUnit::kSeconds && is_large) {
    return value.integer * kSecondMs;
  }
  if (value.unit() == TimeUnit::kMilliseconds && !is_large) {
    return value.integer / kSecondMs;
  }
  return value.integer;
}

void AppendField(FieldId id, Event& event, OutputBuffer& output);

void AppendObject(FieldId object, Event& event, OutputBuffer& output) {
  OutputBuffer inner;
  inner.Clear();
  const catalog::Members members = catalog::MembersOf(object);
  for (std::size_t i = 0; i < members.count; ++i) {
    AppendField(FieldId{static_cast<std::uint8_t>(members.first + i)}, event,
                inner);
  }
  AppendText(catalog::Row(object).number, inner.view(), output);
}

void AppendField(FieldId id, Event& event, OutputBuffer& output) {
  const Value value = event.Get(id);
  const std::uint32_t number = catalog::Row(id).number;
  switch (value.kind) {
    case Kind::kText:
    case Kind::kCleanText:
    case Kind::kEscapedText:
      return AppendText(number, Plain(value, event.texts), output);
    case Kind::kInteger:
      return AppendNumber(
          number, static_cast<std::uint64_t>(TypedInteger(value)), output);
    case Kind::kTrue:
    case Kind::kFalse:
      return AppendNumber(number, value.kind == Kind::kTrue ? 1 : 0, output);
    case Kind::kList:
      for (std::uint32_t i = 0; i < value.size; ++i) {
        AppendText(number, Plain(event.items[value.first + i], event.texts),
                   output);
      }
      return;
    case Kind::kObject:
      return AppendObject(id, event, output);
    default:
      return;
  }
}

void AppendCustomArg(const CustomArg& arg, Event& event, OutputBuffer& output) {
  OutputBuffer entry;
  entry.Clear();
  AppendText(1, arg.key.text(), entry);
  if (arg.value.is_text()) {
    AppendText(2, Plain(arg.value, event.texts), entry);
  }
  AppendText(catalog::kCustomArgsNumber, entry.view(), output);
}

}  // namespace

bool HasTypedTime(const Event& event) {
  const Value time = event.Get(catalog::Field("timestamp"));
  if (time.missing() || time.integer <= 0) return true;  // Refused anyway.
  switch (time.unit()) {
    case TimeUnit::kByMagnitude:
      return true;
    case TimeUnit::kSeconds:
      return time.integer < kFirstMilliseconds;
    case TimeUnit::kMilliseconds:
      return time.integer >= kFirstMilliseconds;
  }
  return false;
}

void AppendTypedEvent(std::uint32_t number, Event& event,
                      OutputBuffer& output) {
  OutputBuffer message;
  message.Clear();
  for (std::size_t i = 0; i < catalog::kFieldCount; ++i) {
    const FieldId id{static_cast<std::uint8_t>(i)};
    if (catalog::Row(id).parent.empty()) AppendField(id, event, message);
  }
  for (const CustomArg& arg : event.custom_args) {
    AppendCustomArg(arg, event, message);
  }
  AppendText(number, message.view(), output);
}

}  // namespace segrid::codec

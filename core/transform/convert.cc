#include "core/transform/convert.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "core/codec/json_text.h"
#include "core/transform/time.h"

namespace segrid::transform {

using catalog::FieldId;
using codec::Event;
using codec::Kind;
using codec::TextArena;
using codec::Value;

namespace {

void Drop(Value& value, FieldCounts& counts) {
  value = Value();
  ++counts.dropped;
}

void Coerce(Value& value, Value converted, FieldCounts& counts) {
  value = converted;
  ++counts.coerced;
}

// True when the text is `word`, lower-case letters, in any case of letters.
bool IsWord(std::string_view text, std::string_view word) {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](char c, char lower) {
                      return (c >= 'A' && c <= 'Z' ? c | 0x20 : c) == lower;
                    });
}

// Reads the text "0", "1", "true" or "false" as a boolean, in any case of
// letters.
Kind BooleanOf(std::string_view text) {
  if (text == "1" || IsWord(text, "true")) return Kind::kTrue;
  if (text == "0" || IsWord(text, "false")) return Kind::kFalse;
  return Kind::kMissing;
}

Value ConvertObject(FieldId id, Event& event, FieldCounts& counts) {
  const Value object = event.Get(id);
  bool any = false;
  if (object.kind == Kind::kObject) {
    const catalog::Members members = catalog::MembersOf(id);
    for (std::size_t i = 0; i < members.count; ++i) {
      const auto member = static_cast<std::uint8_t>(members.first + i);
      const Value value =
          Plain(Convert(FieldId{member}, event, counts), event.texts);
      event.Set(FieldId{member}, value);
      any |= !value.missing();
    }
  } else {
    ++counts.dropped;
  }
  if (any) return object;
  event.Set(id, Value());
  return Value();
}

}  // namespace

void ToText(Value& value, FieldCounts& counts) {
  switch (value.kind) {
    case Kind::kNumber:
      return Coerce(value, Value(Kind::kCleanText, value.text()), counts);
    case Kind::kTrue:
      return Coerce(value, Value(Kind::kCleanText, "true"), counts);
    case Kind::kFalse:
      return Coerce(value, Value(Kind::kCleanText, "false"), counts);
    case Kind::kList:
    case Kind::kObject:
    case Kind::kComposite:
      return Drop(value, counts);
    default:
      return;
  }
}

void ToInteger(Value& value, TextArena& texts, FieldCounts& counts) {
  if (value.missing() || value.kind == Kind::kInteger) return;
  const bool is_number = value.kind == Kind::kNumber;
  if (!is_number && !value.is_text()) return Drop(value, counts);
  const auto number =
      ParseInteger(is_number ? value.text() : PlainText(value, texts));
  if (!number.has_value()) return Drop(value, counts);
  value = Value::OfInteger(*number);
  if (!is_number) ++counts.coerced;
}

void ToTime(Value& value, TextArena& texts, FieldCounts& counts) {
  if (value.missing() || value.kind == Kind::kInteger) return;
  const bool is_number = value.kind == Kind::kNumber;
  if (!is_number && !value.is_text()) return Drop(value, counts);
  const std::string_view text =
      is_number ? value.text() : PlainText(value, texts);
  if (const auto number = ParseInteger(text)) {
    value = Value::OfInteger(*number);
    if (!is_number) ++counts.coerced;
    return;
  }
  const auto time = is_number ? ParseDecimalTime(text) : ParseTime(text);
  if (!time.has_value()) return Drop(value, counts);
  Coerce(value, *time, counts);
}

void ToBoolean(Value& value, TextArena& texts, FieldCounts& counts) {
  if (value.missing() || value.kind == Kind::kTrue ||
      value.kind == Kind::kFalse) {
    return;
  }
  Kind kind = Kind::kMissing;
  if (value.kind == Kind::kNumber) {
    // A number is a boolean only as 0 or 1; the words are texts.
    kind = BooleanOf(value.text());
  } else if (value.is_text()) {
    kind = BooleanOf(PlainText(value, texts));
  }
  if (kind == Kind::kMissing) return Drop(value, counts);
  Coerce(value, Value::OfKind(kind), counts);
}

void ToList(Value& value, Event& event, FieldCounts& counts) {
  if (value.missing()) return;
  if (value.kind != Kind::kList) {
    ToText(value, counts);
    if (value.missing()) return;
    event.items.push_back(Plain(value, event.texts));
    value = Value::OfKind(Kind::kList);
    value.first = event.items.size() - 1;
    value.size = 1;
    return;
  }
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < value.size; ++i) {
    Value& item = event.items[value.first + i];
    ToText(item, counts);
    item = Plain(item, event.texts);
    if (!item.missing()) event.items[value.first + kept++] = item;
  }
  value.size = kept;
  if (kept == 0) value = Value();
}

Value ConvertOther(FieldId id, Event& event, FieldCounts& counts) {
  Value value = event.Get(id);
  switch (catalog::Row(id).type) {
    case catalog::Type::kString:
      ToText(value, counts);
      break;
    case catalog::Type::kInteger:
      ToInteger(value, event.texts, counts);
      break;
    case catalog::Type::kTime:
      ToTime(value, event.texts, counts);
      break;
    case catalog::Type::kBoolean:
      ToBoolean(value, event.texts, counts);
      break;
    case catalog::Type::kStringList:
      ToList(value, event, counts);
      break;
    case catalog::Type::kObject:
      return ConvertObject(id, event, counts);
  }
  event.Set(id, value);
  return value;
}

void ConvertAll(Event& event, FieldCounts& counts) {
  for (const FieldId id : {catalog::Field("event"), catalog::Field("email")}) {
    if (!event.Get(id).is_text()) event.Set(id, Value());
  }
  for (std::size_t i = 0; i < catalog::kFieldCount; ++i) {
    const FieldId id{static_cast<std::uint8_t>(i)};
    if (catalog::Row(id).parent.empty()) Convert(id, event, counts);
  }
  for (codec::CustomArg& arg : event.custom_args) ToText(arg.value, counts);
}

std::string_view UnescapedText(Value value, TextArena& texts) {
  char* const text = texts.Reserve(value.size);
  const char* const end = codec::Unescape(value.text(), text);
  return texts.Keep(static_cast<std::size_t>(end - text));
}

std::optional<std::int64_t> ParseInteger(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace segrid::transform

// Strict about meaning, lenient about spelling: values of another type than
// their row says are converted where that is safe (mapping.md, 3.4).

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/codec/event.h"
#include "core/codec/text_arena.h"

namespace segrid::transform {

// How many values were converted, and how many could not be.
struct FieldCounts {
  std::int32_t coerced = 0;
  std::int32_t dropped = 0;
};

// Each function below turns `value` into the type of its name, in place, so
// that a second call finds it converted and counts nothing. What cannot be
// converted becomes kMissing and counts as dropped. Texts that have to be
// unescaped to be understood go to `texts`.

// A text kind or kMissing.
void ToText(codec::Value& value, FieldCounts& counts);

// kInteger or kMissing.
void ToInteger(codec::Value& value, codec::TextArena& texts,
               FieldCounts& counts);

// The same for a time, which may also be a number with a fraction or exponent,
// or a text such as RFC 3339 (time.h).
void ToTime(codec::Value& value, codec::TextArena& texts, FieldCounts& counts);

// kTrue, kFalse or kMissing.
void ToBoolean(codec::Value& value, codec::TextArena& texts,
               FieldCounts& counts);

// kList of texts, none missing, or kMissing; a single text becomes a list of
// one. Items are in `event`.
void ToList(codec::Value& value, codec::Event& event, FieldCounts& counts);

// True for a value of a row's own type, for which nothing is to be done.
constexpr bool IsOfType(catalog::Type type, codec::Value value) {
  switch (type) {
    case catalog::Type::kString:
      return value.is_text();
    case catalog::Type::kInteger:
    case catalog::Type::kTime:
      return value.kind == codec::Kind::kInteger;
    case catalog::Type::kBoolean:
      return value.kind == codec::Kind::kTrue ||
             value.kind == codec::Kind::kFalse;
    case catalog::Type::kStringList:
    case catalog::Type::kObject:
      return false;  // The answer depends on what is in it.
  }
  return false;
}

// True for a list of which each item is a text that nobody has to unescape.
inline bool IsListOfTexts(codec::Value value, const codec::Event& event) {
  if (value.kind != codec::Kind::kList) return false;
  bool texts = true;
  for (std::size_t i = 0; i < value.size; ++i) {
    const codec::Kind kind = event.items[value.first + i].kind;
    texts &= kind == codec::Kind::kCleanText || kind == codec::Kind::kText;
  }
  return texts;
}

// The value of a field of `event`, converted to the type of its row. For an
// object: kObject with converted members, or kMissing when none is left.
codec::Value ConvertOther(catalog::FieldId id, codec::Event& event,
                          FieldCounts& counts);
inline codec::Value Convert(catalog::FieldId id, codec::Event& event,
                            FieldCounts& counts) {
  // Nearly all values are there and right, or not there.
  const codec::Value value = event.Get(id);
  const catalog::Type type = catalog::Row(id).type;
  if (value.missing() || IsOfType(type, value) ||
      (type == catalog::Type::kStringList && IsListOfTexts(value, event))) {
    return value;
  }
  return ConvertOther(id, event, counts);
}

// Converts every field and custom argument, but for `event` and `email`, which
// are never converted: there, what is no text becomes kMissing. Missing custom
// arguments that override earlier ones keep doing so.
void ConvertAll(codec::Event& event, FieldCounts& counts);

// The text that a text value means: unescaped where it has to be.
std::string_view UnescapedText(codec::Value value, codec::TextArena& texts);
inline std::string_view PlainText(codec::Value value, codec::TextArena& texts) {
  return value.kind == codec::Kind::kEscapedText ? UnescapedText(value, texts)
                                                 : value.text();
}

// The same as a Value: writers of lists and members do not unescape.
inline codec::Value Plain(codec::Value value, codec::TextArena& texts) {
  return value.kind == codec::Kind::kEscapedText
             ? codec::Value(codec::Kind::kText, UnescapedText(value, texts))
             : value;
}

// The 64-bit integer that decimal digits with an optional minus mean; nullopt
// for anything else, a fraction, an exponent or a number that does not fit.
std::optional<std::int64_t> ParseInteger(std::string_view text);

}  // namespace segrid::transform

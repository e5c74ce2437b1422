// A decoded SendGrid event: an array of values indexed by catalog row. Values
// are views into the request; nothing is copied or unescaped until someone
// asks.

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/catalog/catalog.h"
#include "core/codec/text_arena.h"

namespace segrid::codec {

// What a Value holds.
// 32 bits wide so that a Value has no padding and travels in two registers.
enum class Kind : std::uint32_t {
  kMissing,      // Nothing, null or "".
  kText,         // UTF-8 text; JSON output has to escape it.
  kCleanText,    // UTF-8 text without anything that JSON escapes.
  kEscapedText,  // The inside of a JSON string that contains escapes.
  kNumber,       // The text of a JSON number.
  kTrue,
  kFalse,
  kInteger,    // `integer`.
  kList,       // `size` items from `items`.
  kObject,     // An object of the catalog; its members have slots of their own.
  kComposite,  // A JSON object or array that no row asks for.
};

// What the `integer` of a Type::kTime counts since 1970.
enum class TimeUnit : std::uint32_t {
  kByMagnitude,  // As SendGrid posts it: milliseconds from 1e11 on.
  kSeconds,      // These two: it was no integer when it came.
  kMilliseconds,
};

// One value of an event or Track. A view: what it points to must outlive it.
struct Value {
  union {
    const char* data;      // Texts and numbers.
    std::int64_t integer;  // kInteger.
    const Value* items;    // kList, once the Track is made.
    std::size_t first;     // kList, in an Event: position in Event::items.
  };
  std::uint32_t size = 0;  // Of kInteger: its TimeUnit.
  Kind kind = Kind::kMissing;

  constexpr Value() : data(nullptr) {}
  constexpr Value(Kind k, std::string_view text)
      : data(text.data()),
        size(static_cast<std::uint32_t>(text.size())),
        kind(k) {}
  static constexpr Value OfKind(Kind k) {
    Value value;
    value.kind = k;
    return value;
  }
  static constexpr Value OfInteger(std::int64_t number) {
    Value value;
    value.integer = number;
    value.kind = Kind::kInteger;
    return value;
  }
  static constexpr Value OfTime(std::int64_t number, TimeUnit unit) {
    Value value = OfInteger(number);
    value.size = static_cast<std::uint32_t>(unit);
    return value;
  }

  constexpr std::string_view text() const { return {data, size}; }
  constexpr TimeUnit unit() const { return static_cast<TimeUnit>(size); }
  constexpr bool missing() const { return kind == Kind::kMissing; }
  constexpr bool is_text() const {
    return kind >= Kind::kText && kind <= Kind::kEscapedText;
  }
};

static_assert(sizeof(Value) == 16 && std::is_trivially_copyable_v<Value>);

// A custom argument. The key is never kEscapedText: readers unescape it.
struct CustomArg {
  Value key;
  Value value;
  // What became of it was counted; another source counts nothing.
  bool counted = false;
};

// One event. Reused from event to event: Clear() keeps the storage.
// Thread safety: none; one user at a time.
class Event {
 public:
  // Forgets the values. `source_bytes` is set by the reader.
  void Clear() {
    present_ = 0;
    items.clear();
    custom_args.clear();
    texts.Reset();
    source_bytes = 0;
    from_wire = false;
    args_may_name_fields = false;
  }

  void Set(catalog::FieldId id, Value value) {
    const std::uint64_t mark = MarkOf(id);
    values_[catalog::Index(id)] = value;
    present_ = value.missing() ? present_ & ~mark : present_ | mark;
  }
  // Set() for a value that is not missing, in two parts: a reader marks many
  // with one store. Until it is marked, the event is without the value.
  static constexpr std::uint64_t MarkOf(catalog::FieldId id) {
    return std::uint64_t{1} << catalog::Index(id);
  }
  void PutUnmarked(catalog::FieldId id, Value value) {
    values_[catalog::Index(id)] = value;
  }
  void Mark(std::uint64_t marks) { present_ |= marks; }
  // Set() for a value that is not missing.
  void Put(catalog::FieldId id, Value value) {
    PutUnmarked(id, value);
    Mark(MarkOf(id));
  }
  Value Get(catalog::FieldId id) const {
    return Has(id) ? values_[catalog::Index(id)] : Value();
  }
  bool Has(catalog::FieldId id) const {
    return (present_ >> catalog::Index(id) & 1) != 0;
  }

  // The items of the one kList value, in order.
  std::vector<Value> items;
  // In the order of the event; of two with one key the last counts.
  std::vector<CustomArg> custom_args;
  // Texts that had to be unescaped live here as long as the values do.
  TextArena texts;
  // The size of the event in the request: bounds the size of its Track.
  std::size_t source_bytes = 0;
  // Typed input: its texts may have to be escaped.
  bool from_wire = false;
  // Custom arguments may have names of fields: those of typed input and those
  // that stood in an object of arguments.
  bool args_may_name_fields = false;

 private:
  std::uint64_t present_ = 0;
  std::array<Value, catalog::kFieldCount> values_;
};

}  // namespace segrid::codec

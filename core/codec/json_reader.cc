#include "core/codec/json_reader.h"

#include "core/base/error_info.h"
#include "core/codec/json_mistake.h"
#include "core/codec/json_text.h"
#include "core/codec/key_table.h"
#include "core/codec/utf8_repair.h"

namespace segrid::codec {
namespace {

// Brackets around the elements, the values of an event, and those in its lists
// and objects.
constexpr std::size_t kInArray = 1;
constexpr std::size_t kInEvent = 2;
constexpr std::size_t kInMember = 3;

// A larger copy of a body is given back after use.
constexpr std::size_t kKeptBytes = 1 << 20;
constexpr std::size_t kKeptArguments = 4096;

static_assert(JsonIndex::kSentinels >= 3, "ReadObject looks so far ahead");

Value Unescaped(const Value& value, TextArena& texts) {
  char* const text = texts.Reserve(value.size);
  const char* const end = Unescape(value.text(), text);
  return Value(Kind::kText, texts.Keep(static_cast<std::size_t>(end - text)));
}

// True when the two characters of `pair` stand at `at`.
bool Stands(const char (&pair)[3], const char* at) {
  return LoadWord<std::uint16_t>(at) == LoadWord<std::uint16_t>(pair);
}

// The value between a colon and `end`: a text that is neither empty nor
// escaped or, with `takes_digits`, plain digits. kMissing when it is something
// else, or when white space stands around it.
inline Value PlainValue(const char* body, std::uint32_t colon,
                        std::uint32_t end, bool takes_digits) {
  const std::uint32_t size = end - colon - 3;
  if (body[colon + 1] == '"' && body[end - 1] == '"' &&
      static_cast<std::int32_t>(size) > 0) [[likely]] {
    return Value(Kind::kCleanText, {body + colon + 2, size});
  }
  std::int64_t number = 0;
  if (takes_digits && end >= kMaxPlainDigits &&
      ReadPlainDigits(body + end, end - colon - 1, number)) {
    return Value::OfInteger(number);
  }
  return Value();
}

// Gives the value that a string means: "" counts as missing.
Value OrMissing(Value text) { return text.size == 0 ? Value() : text; }

}  // namespace

absl::Status JsonReader::Open(std::string_view body) {
  using Outcome = JsonIndex::Outcome;
  element_ = 0;
  body_ = body;
  repaired_strings_ = 0;
  if (has_objects_) ForgetArgumentObjects();  // The last body may have failed.
  const std::string_view text = WithoutByteOrderMark(body);
  Outcome outcome = cursor_.Open(text, at_);
  if (outcome == Outcome::kNotUtf8) [[unlikely]] {
    outcome = OpenRepaired(text);
  }
  if (outcome == Outcome::kIndexed) {
    status_ = absl::OkStatus();
  } else if (outcome == Outcome::kNoMemory) {
    status_ =
        base::MakeError(absl::StatusCode::kResourceExhausted, "OUT_OF_MEMORY",
                        "no memory for the index of the body");
  } else {
    status_ = ExplainRefusal(body_);
  }
  return status_;
}

JsonIndex::Outcome JsonReader::OpenRepaired(std::string_view body) {
  const auto strings = RepairUtf8(body, repaired_);
  if (!strings.has_value()) return JsonIndex::Outcome::kNotUtf8;
  repaired_strings_ = *strings;
  return cursor_.Open(repaired_, at_);
}

JsonReader::Step JsonReader::Fail() {
  status_ = ExplainRefusal(body_);
  return Step::kError;
}

void JsonReader::Shrink() {
  cursor_.Shrink();
  if (repaired_.capacity() > kKeptBytes) repaired_ = std::string();
  for (ArgumentObject& object : objects_) {
    if (object.members.capacity() > kKeptArguments) object.members = {};
  }
}

JsonReader::Step JsonReader::Next(Event& event) {
  event.Clear();
  if (!status_.ok()) return Step::kError;
  Position at = at_;
  if (element_ > 0) {
    bool more = false;
    if (!cursor_.Continue(at, ']', more)) return Fail();
    if (!more) return Finish(at);
  } else if (cursor_.At(at) == ']') {
    return Finish(at + 1);
  }
  const Position start = at;
  const bool is_object = cursor_.At(at) == '{';
  if (!(is_object ? ReadObject(at, event) : cursor_.SkipValue(at, kInArray))) {
    return Fail();
  }
  if (has_objects_) [[unlikely]] {
    SpreadArgumentObjects(event);
  }
  at_ = at;
  ++element_;
  if (!is_object) return Step::kNotAnObject;
  event.source_bytes = cursor_.OffsetOf(at) - cursor_.OffsetOf(start);
  return Step::kEvent;
}

JsonReader::Step JsonReader::Finish(Position at) {
  if (at != cursor_.end()) return Fail();
  at_ = at - 1;  // Next() keeps saying kEnd.
  return Step::kEnd;
}

// The loop over the members. What SendGrid writes nearly always is read here:
// plain keys and values, nothing between them. What the loop carries on is in
// locals whose address nobody has, or it would travel through memory.
bool JsonReader::ReadObject(Position& position, Event& event) {
  const char* const body = cursor_.body();
  std::uint32_t plain_end = PlainEnd();
  std::uint64_t marks = 0;
  Position at = position + 1;
  if (body[*at] == '}') {
    position = at + 1;
    return true;
  }
  for (;;) {
    // If this is a member with a plain value, three positions on is what
    // follows it. If not, it is some position, or a sentinel (kSentinels).
    const std::uint32_t end = at[3];
    const std::uint32_t colon = at[1];
    if (end >= plain_end) [[unlikely]] {
      cursor_.LookAhead(body + end);
      plain_end = PlainEnd();
    }
    const char* const key = body + at[0] + 1;
    const std::uint32_t key_size = colon - at[0] - 2;
    const KeyTable::Slot* slot = nullptr;
    Value value;
    if (end < plain_end) [[likely]] {
      slot = kKeyTable.FindMember(key, key_size);
      if (slot != nullptr) [[likely]] {
        value = PlainValue(body, colon, end, slot->takes_digits);
        if (!value.missing()) [[likely]] {
          event.PutUnmarked(slot->row, value);
          marks |= slot->mark;
        }
      } else if (key[-1] == '"' && Stands("\":", body + colon - 1)) {
        value = PlainValue(body, colon, end, false);
        if (!value.missing()) {
          event.custom_args.push_back(
              {Value(Kind::kCleanText, {key, key_size}), value});
        }
      }
      if (!value.missing() && body[end] == ',') [[likely]] {
        at += 4;
        continue;
      }
    }
    event.Mark(marks);
    marks = 0;
    if (!value.missing()) {
      at += 3;
    } else {
      at = slot == nullptr ? ReadMember(at, event)
                           : ReadField(at + 2, slot->row, event);
      if (at == nullptr) return false;
    }
    const char next = cursor_.At(at);
    ++at;
    if (next != ',') {
      position = at;
      return next == '}';
    }
    plain_end = PlainEnd();
  }
}

JsonReader::Position JsonReader::ReadMember(Position at, Event& event) {
  Value key;
  if (!ReadKey(at, event, key)) return nullptr;
  const catalog::FieldId id = kKeyTable.Find(key.text());
  return id == catalog::kNoField ? ReadCustomArg(at, key, event)
                                 : ReadField(at, id, event);
}

bool JsonReader::ReadKey(Position& at, Event& event, Value& key) {
  if (cursor_.At(at) != '"' || !cursor_.ReadString(at, key)) return false;
  if (key.kind == Kind::kEscapedText) key = Unescaped(key, event.texts);
  if (cursor_.Char(at) != ':') return false;
  ++at;
  return true;
}

JsonReader::Position JsonReader::ReadCustomArg(Position at, Value key,
                                               Event& event) {
  if (cursor_.Char(at) == '{') {
    const std::size_t object = catalog::FindArgumentObject(key.text());
    if (object < objects_.size()) return ReadArgumentObject(at, object, event);
  }
  Value value;
  if (!ReadScalar(at, kInEvent, value)) return nullptr;
  event.custom_args.push_back({key, value});
  return at;
}

JsonReader::Position JsonReader::ReadArgumentObject(Position at,
                                                    std::size_t object,
                                                    Event& event) {
  ArgumentObject& read = objects_[object];
  read.members.clear();
  read.present = has_objects_ = true;
  read.args_before = event.custom_args.size();
  ++at;
  if (cursor_.At(at) == '}') return at + 1;
  for (bool more = true; more;) {
    CustomArg member;
    if (!ReadKey(at, event, member.key) ||
        !ReadScalar(at, kInMember, member.value)) {
      return nullptr;
    }
    read.members.push_back(member);
    if (!cursor_.Continue(at, '}', more)) return nullptr;
  }
  return at;
}

// Members are placed before the event's own arguments, and those of a later
// object of the table before those of an earlier one, because of several with
// one name the last counts. So does the last of two keys: an object replaces
// the value that came before it under its key, and loses to a value behind it.
void JsonReader::SpreadArgumentObjects(Event& event) {
  std::vector<CustomArg>& args = event.custom_args;
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    if (objects_[i].present) SettleKeyOf(i, args);
  }
  for (const ArgumentObject& object : objects_) {
    args.insert(args.begin(), object.members.begin(), object.members.end());
    event.args_may_name_fields |= !object.members.empty();
  }
  ForgetArgumentObjects();
}

// Leaves one of the values under the key of an object: the last one.
void JsonReader::SettleKeyOf(std::size_t i, std::vector<CustomArg>& args) {
  ArgumentObject& object = objects_[i];
  const auto has_its_key = [i](const CustomArg& arg) {
    return arg.key.text() == catalog::kArgumentObjects[i];
  };
  const auto at =
      args.begin() + static_cast<std::ptrdiff_t>(object.args_before);
  if (std::any_of(at, args.end(), has_its_key)) object.members.clear();
  for (ArgumentObject& other : objects_) {
    if (&other == &object) continue;
    const std::size_t both = std::min(other.args_before, object.args_before);
    other.args_before -= static_cast<std::size_t>(std::count_if(
        args.begin(), args.begin() + static_cast<std::ptrdiff_t>(both),
        has_its_key));
  }
  // They are removed and not set to missing, because a member may have the name
  // of its object, and the last value of a name counts.
  const auto kept_end = std::remove_if(args.begin(), at, has_its_key);
  object.args_before = static_cast<std::size_t>(kept_end - args.begin());
  args.erase(kept_end, at);
}

void JsonReader::ForgetArgumentObjects() {
  for (ArgumentObject& object : objects_) {
    object.members.clear();
    object.present = false;
  }
  has_objects_ = false;
}

JsonReader::Position JsonReader::ReadField(Position at, catalog::FieldId id,
                                           Event& event) {
  const char first = cursor_.Char(at);
  const catalog::Type type = catalog::Row(id).type;
  std::int64_t number = 0;
  if (catalog::IsInteger(type) && cursor_.ReadPlainInteger(at, number)) {
    event.Put(id, Value::OfInteger(number));
    return at + 1;
  }
  if (first == '[' && type == catalog::Type::kStringList) {
    return ReadList(at, id, event);
  }
  if (first == '{' && type == catalog::Type::kObject) {
    return ReadMembers(at, id, event) ? at : nullptr;
  }
  Value value;
  if (!ReadScalar(at, kInEvent, value)) return nullptr;
  event.Set(id, value);
  return at;
}

bool JsonReader::ReadMembers(Position& at, catalog::FieldId object,
                             Event& event) {
  const catalog::Members members = catalog::MembersOf(object);
  for (std::size_t i = 0; i < members.count; ++i) {
    event.Set(catalog::FieldId{static_cast<std::uint8_t>(members.first + i)},
              Value());
  }
  event.Set(object, Value::OfKind(Kind::kObject));
  ++at;
  if (cursor_.At(at) == '}') {
    ++at;
    return true;
  }
  for (bool more = true; more;) {
    Value key;
    Value value;
    if (!ReadKey(at, event, key) || !ReadScalar(at, kInMember, value)) {
      return false;
    }
    for (std::size_t i = members.first; i < members.first + members.count;
         ++i) {
      if (SameText(catalog::kFields[i].key, key.text())) {
        event.Set(catalog::FieldId{static_cast<std::uint8_t>(i)}, value);
      }
    }
    if (!cursor_.Continue(at, '}', more)) return false;
  }
  return true;
}

JsonReader::Position JsonReader::ReadList(Position at, catalog::FieldId id,
                                          Event& event) {
  const char* const body = cursor_.body();
  Value list = Value::OfKind(Kind::kList);
  list.first = event.items.size();
  ++at;
  if (cursor_.At(at) == ']') {
    event.Set(id, Value());
    return at + 1;
  }
  std::uint32_t plain_end = PlainEnd();
  for (;;) {
    const std::uint32_t start = at[0];
    const std::uint32_t end = at[1];
    const auto size = static_cast<std::int32_t>(end - start) - 2;
    if (end < plain_end && body[start] == '"' && body[end - 1] == '"' &&
        size > 0) [[likely]] {
      event.items.emplace_back(
          Kind::kCleanText,
          std::string_view(body + start + 1, static_cast<std::uint32_t>(size)));
      ++at;
    } else {
      Position moved = at;  // Its address is taken, that of `at` never.
      Value item;
      if (!ReadScalar(moved, kInMember, item)) return nullptr;
      event.items.push_back(item);
      at = moved;
      plain_end = PlainEnd();
    }
    ++list.size;
    const char next = cursor_.At(at);
    if (next != ',') {
      if (next != ']') return nullptr;
      event.Set(id, list);
      return at + 1;
    }
    ++at;
  }
}

bool JsonReader::ReadScalar(Position& at, std::size_t level, Value& value) {
  const char first = cursor_.At(at);
  if (first == '"') {
    if (!cursor_.ReadString(at, value)) return false;
    value = OrMissing(value);
    return true;
  }
  if (first == '{' || first == '[') {
    value = Value::OfKind(Kind::kComposite);
    return cursor_.SkipValue(at, level);
  }
  return cursor_.ReadLiteral(at, value);
}

}  // namespace segrid::codec

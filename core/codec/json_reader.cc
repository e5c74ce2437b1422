#include "core/codec/json_reader.h"

#include <bitset>
#include <cstring>
#include <string>

#include "core/base/error_info.h"
#include "core/codec/json_text.h"
#include "core/codec/key_table.h"

namespace segrid::codec {
namespace {

constexpr bool IsWhite(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Brackets around the elements, the values of an event, and those in its lists
// and objects.
constexpr std::size_t kInArray = 1;
constexpr std::size_t kInEvent = 2;
constexpr std::size_t kInMember = 3;

constexpr bool StartsNumber(char c) {
  return c == '-' || (c >= '0' && c <= '9');
}

// Nearly all numbers are plain digits; the grammar is for the others.
bool IsPlainInteger(std::string_view text) {
  if (text.front() == '0') return text.size() == 1;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return true;
}

}  // namespace

absl::Status JsonReader::Open(std::string_view body) {
  body_ = body;
  status_ = absl::OkStatus();
  index_of_event_ = 0;
  status_ = index_.Build(body);
  at_ = index_.begin();
  end_ = index_.end();
  if (!status_.ok()) return status_;
  has_escapes_ = std::memchr(body.data(), '\\', body.size()) != nullptr;
  if (At(at_) == '[') {
    ++at_;
    return absl::OkStatus();
  }
  // Say whether it is another JSON value or no JSON at all.
  Cursor at = at_;
  if (SkipValue(at, 0) && at == end_) {
    status_ = base::MakeError(
        absl::StatusCode::kInvalidArgument, "NOT_AN_ARRAY",
        "the body is JSON but not an array: send the events as [{...},...]");
  } else if (status_.ok()) {
    Fail(at, "something stands after the end of the value");
  }
  return status_;
}

JsonReader::Step JsonReader::Next(Event& event) {
  event.Clear();
  if (!status_.ok()) return Step::kError;
  Cursor at = at_;
  if (index_of_event_ > 0) {
    bool more = false;
    if (!Continues(at, ']', more)) return Step::kError;
    if (!more) return Finish(at);
  } else if (At(at) == ']') {
    return Finish(at + 1);
  }
  const char first = At(at);
  const Cursor start = at;
  if (first != '{') {
    if (!SkipValue(at, kInArray)) return Step::kError;
    at_ = at;
    ++index_of_event_;
    return Step::kNotAnObject;
  }
  if (!ReadObject(at, event)) return Step::kError;
  at_ = at;
  ++index_of_event_;
  event.source_bytes = *at - *start;
  return Step::kEvent;
}

JsonReader::Step JsonReader::Finish(Cursor at) {
  if (at != end_) {
    Fail(at, "something stands after the end of the array");
    return Step::kError;
  }
  at_ = at - 1;  // Next() keeps saying kEnd.
  return Step::kEnd;
}

bool JsonReader::ReadObject(Cursor& at, Event& event) {
  Cursor cursor = at + 1;
  if (At(cursor) == '}') {
    at = cursor + 1;
    return true;
  }
  for (bool more = true; more;) {
    Value key;
    if (!ReadKey(cursor, event, key)) return false;
    const catalog::FieldId id = kKeyTable.Find(key.text());
    if (id != catalog::kNoField) {
      if (!ReadField(cursor, id, event)) return false;
    } else {
      Value value;
      if (!ReadScalar(cursor, kInEvent, value)) return false;
      event.custom_args.push_back({key, value});
    }
    if (!Continues(cursor, '}', more)) return false;
  }
  at = cursor;
  return true;
}

bool JsonReader::ReadField(Cursor& at, catalog::FieldId id, Event& event) {
  Value value;
  switch (catalog::Row(id).type) {
    case catalog::Type::kObject:
      if (At(at) == '{') return ReadMembers(at, id, event);
      break;
    case catalog::Type::kStringList:
      if (At(at) == '[') {
        if (!ReadList(at, event, value)) return false;
        event.Set(id, value);
        return true;
      }
      break;
    default:
      break;
  }
  if (!ReadScalar(at, kInEvent, value)) return false;
  event.Set(id, value);
  return true;
}

bool JsonReader::ReadMembers(Cursor& at, catalog::FieldId object,
                             Event& event) {
  const catalog::Members members = catalog::MembersOf(object);
  for (std::size_t i = 0; i < members.count; ++i) {
    event.Set(catalog::FieldId(static_cast<std::uint8_t>(members.first + i)),
              Value());
  }
  event.Set(object, Value::OfKind(Kind::kObject));
  ++at;
  if (At(at) == '}') {
    ++at;
    return true;
  }
  for (bool more = true; more;) {
    Value key;
    Value value;
    if (!ReadKey(at, event, key) || !ReadScalar(at, kInMember, value))
      return false;
    const catalog::FieldId id =
        catalog::FindField(key.text(), catalog::Row(object).key);
    if (id != catalog::kNoField) event.Set(id, value);
    if (!Continues(at, '}', more)) return false;
  }
  return true;
}

bool JsonReader::ReadList(Cursor& at, Event& event, Value& list) {
  list = Value::OfKind(Kind::kList);
  list.first = event.items.size();
  ++at;
  if (At(at) == ']') {
    ++at;
    list = Value();
    return true;
  }
  for (bool more = true; more;) {
    Value item;
    if (!ReadScalar(at, kInMember, item)) return false;
    event.items.push_back(item);
    ++list.size;
    if (!Continues(at, ']', more)) return false;
  }
  return true;
}

bool JsonReader::ReadKey(Cursor& at, Event& event, Value& key) {
  if (At(at) != '"') return Fail(at, "a key in double quotes must stand here");
  if (!ReadString(at, key)) return false;
  if (key.kind == Kind::kEscapedText) {
    char* const text = event.texts.Reserve(key.size);
    const char* const end = Unescape(key.text(), text);
    key = Value(Kind::kText,
                event.texts.Keep(static_cast<std::size_t>(end - text)));
  }
  if (At(at) != ':') return Fail(at, "a colon must follow the key");
  ++at;
  return true;
}

bool JsonReader::ReadString(Cursor& at, Value& value) {
  const std::size_t start = *at + std::size_t{1};
  std::size_t end = at[1] - std::size_t{1};
  while (body_[end] != '"') --end;
  const std::string_view inside = body_.substr(start, end - start);
  value = Value(Kind::kCleanText, inside);
  if (has_escapes_ && !inside.empty() &&
      std::memchr(inside.data(), '\\', inside.size()) != nullptr) {
    if (!EscapesAreLegal(inside)) return Fail(at, "an escape is not legal");
    value.kind = Kind::kEscapedText;
  }
  ++at;
  return true;
}

bool JsonReader::ReadScalar(Cursor& at, std::size_t level, Value& value) {
  const char first = At(at);
  if (first == '"') {
    if (!ReadString(at, value)) return false;
    if (value.size == 0) value = Value();
    return true;
  }
  if (first == '{' || first == '[') {
    value = Value::OfKind(Kind::kComposite);
    return SkipValue(at, level);
  }
  const Cursor token = at;
  if (!SkipScalar(at)) return false;
  switch (first) {
    case 't':
      value = Value::OfKind(Kind::kTrue);
      return true;
    case 'f':
      value = Value::OfKind(Kind::kFalse);
      return true;
    case 'n':
      value = Value();
      return true;
    default:
      value =
          Value(Kind::kNumber, body_.substr(*token, TokenEnd(token) - *token));
      return true;
  }
}

bool JsonReader::SkipScalar(Cursor& at) {
  const char first = At(at);
  if (at >= end_) return Fail(at, "the body is cut off");
  const std::string_view token = body_.substr(*at, TokenEnd(at) - *at);
  const bool legal =
      StartsNumber(first)
          ? IsPlainInteger(token) || IsJsonNumber(token)
          : token == "true" || token == "false" || token == "null";
  if (!legal) return Fail(at, "a value must stand here");
  ++at;
  return true;
}

bool JsonReader::SkipKey(Cursor& at) {
  Value ignored;
  if (At(at) != '"') return Fail(at, "a key in double quotes must stand here");
  if (!ReadString(at, ignored)) return false;
  if (At(at) != ':') return Fail(at, "a colon must follow the key");
  ++at;
  return true;
}

bool JsonReader::SkipValue(Cursor& at, std::size_t level) {
  std::bitset<kMaxDepth> is_object;
  std::size_t depth = 0;
  do {
    const char first = At(at);
    if (first == '{' || first == '[') {
      if (level + depth == kMaxDepth) {
        return Fail(at, "it is nested over 1,024 levels deep");
      }
      const bool object = first == '{';
      ++at;
      if (At(at) != (object ? '}' : ']')) {
        is_object[depth++] = object;
        if (object && !SkipKey(at)) return false;
        continue;
      }
      ++at;
    } else if (first == '"') {
      Value ignored;
      if (!ReadString(at, ignored)) return false;
    } else if (!SkipScalar(at)) {
      return false;
    }
    // A value has ended: go on to the next one, closing what ends before it.
    for (bool more = false; depth > 0 && !more;) {
      const bool object = is_object[depth - 1];
      if (!Continues(at, object ? '}' : ']', more)) return false;
      if (!more) --depth;
      if (more && object && !SkipKey(at)) return false;
    }
  } while (depth > 0);
  return true;
}

bool JsonReader::Continues(Cursor& at, char close, bool& more) {
  const char next = At(at);
  more = next == ',';
  if (!more && next != close) {
    return Fail(at, close == '}' ? "a comma or } must stand here"
                                 : "a comma or ] must stand here");
  }
  ++at;
  return true;
}

std::size_t JsonReader::TokenEnd(Cursor at) const {
  std::size_t end = at[1];
  while (IsWhite(body_[end - 1])) --end;
  return end;
}

bool JsonReader::Fail(Cursor at, const char* what) {
  const bool cut = at >= end_;
  std::string message = "the body is not JSON: ";
  if (cut) {
    message += "it is cut off";
  } else {
    message += std::string(what) + " (byte " + std::to_string(*at) + ")";
  }
  if (index_of_event_ > 0 || At(index_.begin()) == '[') {
    message += ", in element " + std::to_string(index_of_event_);
  }
  status_ = base::MakeError(absl::StatusCode::kInvalidArgument, "INVALID_JSON",
                            message);
  return false;
}

}  // namespace segrid::codec

#include "core/codec/json_cursor.h"

#include <algorithm>
#include <bitset>
#include <cstring>
#include <string>

#include "core/base/error_info.h"

namespace segrid::codec {
namespace {

constexpr bool IsWhite(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
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

bool JsonCursor::Open(std::string_view body, Position& at) {
  body_ = body.data();
  body_end_ = body_ + body.size();
  element_ = kOutside;
  status_ = index_.Build(body);
  at = index_.begin();
  end_ = index_.end();
  if (!status_.ok()) return false;
  LookForEscape(body_, body_);
  if (At(at) == '[' && Char(end_ - 1) == ']') {
    ++at;
    return true;
  }
  // Say whether it is another JSON value or no JSON at all.
  if (!SkipValue(at, 0)) return false;
  if (at != end_) {
    return Fail(at, "something stands after the end of the value");
  }
  status_ = base::MakeError(
      absl::StatusCode::kInvalidArgument, "NOT_AN_ARRAY",
      "the body is JSON but not an array: send the events as [{...},...]");
  return false;
}

bool JsonCursor::ReadLiteral(Position& at, Value& value) {
  if (at >= end_) return Fail(at, "");
  const std::string_view token = Token(at);
  const char first = token.front();
  if (first == '-' || (first >= '0' && first <= '9')) {
    if (!IsPlainInteger(token) && !IsJsonNumber(token)) {
      return Fail(at, "a number is not well formed");
    }
    value = Value(Kind::kNumber, token);
  } else if (token == "true") {
    value = Value::OfKind(Kind::kTrue);
  } else if (token == "false") {
    value = Value::OfKind(Kind::kFalse);
  } else if (token == "null") {
    value = Value();
  } else {
    return Fail(at, "a value must stand here");
  }
  ++at;
  return true;
}

bool JsonCursor::SkipValue(Position& at, std::size_t level) {
  std::bitset<kMaxDepth> is_object;
  std::size_t depth = 0;
  Value ignored;
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
    } else if (!(first == '"' ? ReadString(at, ignored)
                              : ReadLiteral(at, ignored))) {
      return false;
    }
    // A value has ended: go on to the next one, closing what ends before it.
    for (bool more = false; depth > 0 && !more;) {
      const bool object = is_object[depth - 1];
      if (!Continue(at, object ? '}' : ']', more)) return false;
      if (!more) --depth;
      if (more && object && !SkipKey(at)) return false;
    }
  } while (depth > 0);
  return true;
}

bool JsonCursor::SkipKey(Position& at) {
  Value ignored;
  if (At(at) != '"') return Fail(at, "a key in double quotes must stand here");
  if (!ReadString(at, ignored)) return false;
  if (At(at) != ':') return Fail(at, "a colon must follow the key");
  ++at;
  return true;
}

bool JsonCursor::FindEscape(std::string_view inside) {
  const char* const end = inside.data() + inside.size();
  LookForEscape(std::max(next_escape_, inside.data()), end);
  return next_escape_ < end;
}

// Looks as far ahead as the cache does not mind: what is found out here is read
// again soon.
void JsonCursor::LookForEscape(const char* from, const char* until) {
  constexpr std::ptrdiff_t kAhead = 4096;
  const char* const end =
      body_end_ - until > kAhead ? until + kAhead : body_end_;
  const void* found =
      std::memchr(from, '\\', static_cast<std::size_t>(end - from));
  next_escape_ = found == nullptr ? end : static_cast<const char*>(found);
}

bool JsonCursor::FailContinue(Position at, char close) {
  return Fail(at, close == '}' ? "a comma or } must stand here"
                               : "a comma or ] must stand here");
}

std::string_view JsonCursor::Token(Position at) const {
  const char* const start = body_ + at[0];
  const char* end = body_ + at[1];
  while (IsWhite(end[-1])) --end;
  return {start, static_cast<std::size_t>(end - start)};
}

bool JsonCursor::Fail(Position at, const char* what) {
  std::string message = "the body is not JSON: ";
  if (at >= end_) {
    message += "it is cut off";
  } else {
    message += std::string(what) + " (byte " + std::to_string(*at) + ")";
  }
  if (element_ != kOutside) {
    message += ", in element " + std::to_string(element_);
  }
  status_ = base::MakeError(absl::StatusCode::kInvalidArgument, "INVALID_JSON",
                            message);
  return false;
}

}  // namespace segrid::codec

#include "core/codec/json_cursor.h"

#include <algorithm>
#include <bitset>
#include <cstring>

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

JsonIndex::Outcome JsonCursor::Open(std::string_view body, Position& at) {
  body_ = body.data();
  body_end_ = body_ + body.size();
  const JsonIndex::Outcome outcome = index_.Build(body);
  at = index_.begin();
  end_ = index_.end();
  if (outcome != JsonIndex::Outcome::kIndexed) return outcome;
  LookForEscape(body_, body_);
  if (At(at) != '[' || Char(end_ - 1) != ']') {
    return JsonIndex::Outcome::kNotJson;
  }
  ++at;
  return outcome;
}

bool JsonCursor::ReadLiteral(Position& at, Value& value) {
  if (at >= end_) return false;
  const std::string_view token = Token(at);
  const char first = token.front();
  if (first == '-' || (first >= '0' && first <= '9')) {
    if (!IsPlainInteger(token) && !IsJsonNumber(token)) return false;
    value = Value(Kind::kNumber, token);
  } else if (token == "true") {
    value = Value::OfKind(Kind::kTrue);
  } else if (token == "false") {
    value = Value::OfKind(Kind::kFalse);
  } else if (token == "null") {
    value = Value();
  } else {
    return false;
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
      if (level + depth == kMaxDepth) return false;
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
  if (At(at) != '"' || !ReadString(at, ignored) || At(at) != ':') return false;
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

std::string_view JsonCursor::Token(Position at) const {
  const char* const start = body_ + at[0];
  const char* end = body_ + at[1];
  while (IsWhite(end[-1])) --end;
  return {start, static_cast<std::size_t>(end - start)};
}

}  // namespace segrid::codec

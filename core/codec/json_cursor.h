// The tokens of a JSON body: what the event reader and the checker of values
// that nobody reads have in common.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/codec/digits.h"
#include "core/codec/event.h"
#include "core/codec/json_index.h"
#include "core/codec/json_text.h"

namespace segrid::codec {

// Walks over the structural index of one body at a time and checks what the
// index does not: escapes, numbers, literals, grammar, depth.
//
// The methods take a position in the index and, where they succeed, move it
// past what they read. On an error they return false; json_mistake.h finds out
// what is wrong. Inline where a call would cost more than the work.
// Thread safety: none; one user at a time.
class JsonCursor {
 public:
  using Position = const std::uint32_t*;

  // Levels of brackets, the array of events included.
  static constexpr std::size_t kMaxDepth = 1024;

  explicit JsonCursor(JsonIndex::Engine engine) : index_(engine) {}

  // Starts to read `body`; kNotJson also when it is no array. `at` is then its
  // first element or its end. From here to the end of the index, reading the
  // character at a position is safe unless a bracket was just closed: the last
  // character is the array's own bracket.
  JsonIndex::Outcome Open(std::string_view body, Position& at);

  // The character at a position. Char() is for positions that are known to be
  // inside.
  char At(Position at) const { return at < end_ ? body_[*at] : '\0'; }
  char Char(Position at) const { return body_[*at]; }
  Position end() const { return end_; }
  const char* body() const { return body_; }
  const char* body_end() const { return body_end_; }
  std::size_t OffsetOf(Position at) const { return *at; }

  // The inside of the string that starts at `at`; cannot fail, does not move.
  std::string_view Inside(Position at) const {
    const char* const start = body_ + at[0] + 1;
    const char* end = body_ + at[1] - 1;
    while (*end != '"') --end;
    return {start, static_cast<std::size_t>(end - start)};
  }

  // True when the string that was just found has escapes. Strings must be asked
  // about in the order of the body: escapes are rare, so the next one is found
  // ahead and each string is compared with its place.
  bool HasEscapes(std::string_view inside) {
    if (next_escape_ >= inside.data() + inside.size()) [[likely]] {
      return false;
    }
    return FindEscape(inside);
  }

  // Before it there is no backslash that HasEscapes() was not asked about.
  const char* next_escape() const { return next_escape_; }
  // Moves next_escape() on to the next backslash, or at least to `until`.
  void LookAhead(const char* until) {
    const bool is_found = next_escape_ < body_end_ && *next_escape_ == '\\';
    if (!is_found) LookForEscape(next_escape_, until);
  }

  // Reads a string; its kind tells whether it contains escapes, which are
  // legal.
  bool ReadString(Position& at, Value& value) {
    const std::string_view inside = Inside(at);
    Kind kind = Kind::kCleanText;
    if (HasEscapes(inside)) {
      if (!EscapesAreLegal(inside)) return false;
      kind = Kind::kEscapedText;
    }
    value = Value(kind, inside);
    ++at;
    return true;
  }

  // Reads a number, true, false or null.
  bool ReadLiteral(Position& at, Value& value);

  // Reads a number of up to kMaxPlainDigits plain digits without white space
  // after it, and does not move. False when something else is there, which is
  // no error.
  bool ReadPlainInteger(Position at, std::int64_t& number) const {
    const char* const start = body_ + at[0];
    const char* const end = body_ + at[1];
    return end - body_ >= static_cast<std::ptrdiff_t>(kMaxPlainDigits) &&
           ReadPlainDigits(end, static_cast<std::size_t>(end - start), number);
  }

  // Skips a value of any kind; `level` counts the brackets around it.
  bool SkipValue(Position& at, std::size_t level);

  // After a value: moves past the comma (`more`) or the closing bracket.
  bool Continue(Position& at, char close, bool& more) {
    const char next = At(at);
    more = next == ',';
    if (!more && next != close) return false;
    ++at;
    return true;
  }

  void Shrink() { index_.Shrink(); }

 private:
  bool SkipKey(Position& at);
  bool FindEscape(std::string_view inside);
  // Sets next_escape_, knowing that there is none before `from`: at least as
  // far as `until`.
  void LookForEscape(const char* from, const char* until);
  // The token of a number or literal, white space after it excluded.
  std::string_view Token(Position at) const;

  JsonIndex index_;
  const char* body_ = nullptr;
  const char* body_end_ = nullptr;
  const char* next_escape_ = nullptr;  // Or how far there is surely none.
  Position end_ = nullptr;
};

}  // namespace segrid::codec

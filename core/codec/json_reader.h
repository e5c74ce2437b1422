// From a webhook body to events: a walk over the body's structural index.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "core/codec/event.h"
#include "core/codec/json_index.h"

namespace segrid::codec {

// Reads a JSON array of events, one at a time.
//
// Every byte of the body is checked: UTF-8, strings and escapes, numbers,
// literals, grammar, at most kMaxDepth levels. A body that is not a JSON array
// is refused as a whole, possibly after some of its events were given out: act
// on them only when Next() has said kEnd.
//
// Ownership:     the body must outlive the reader's use of it and the events.
// Thread safety: none; one user at a time. Reused from body to body; the steady
//                state allocates nothing.
// Errors:        INVALID_ARGUMENT with reason INVALID_JSON or NOT_AN_ARRAY; the
//                message has the position, never the contents.
class JsonReader {
 public:
  // Levels of brackets, the array of events included.
  static constexpr std::size_t kMaxDepth = 1024;

  enum class Step {
    kEvent,        // `event` is filled.
    kNotAnObject,  // The element is JSON but no object; `event` is cleared.
    kEnd,          // The body was read to its end and is right.
    kError,        // See status().
  };

  explicit JsonReader(JsonIndex::Engine engine = JsonIndex::Engine::kFastest)
      : index_(engine) {}

  // Starts to read `body`.
  absl::Status Open(std::string_view body);

  // Reads the next element of the array into `event`.
  Step Next(Event& event);

  // What went wrong; OK unless Next() returned kError.
  const absl::Status& status() const { return status_; }

  // Gives back memory that an unusually large body has left behind.
  void Shrink() { index_.Shrink(); }

 private:
  using Cursor = const std::uint32_t*;

  // The readers of values advance `at` past the value and return false on an
  // error, which Fail() has recorded.
  bool ReadObject(Cursor& at, Event& event);
  bool ReadMembers(Cursor& at, catalog::FieldId object, Event& event);
  bool ReadList(Cursor& at, Event& event, Value& list);
  // Objects and arrays give kComposite; `level` counts the brackets around.
  bool ReadScalar(Cursor& at, std::size_t level, Value& value);
  bool ReadString(Cursor& at, Value& value);
  bool ReadKey(Cursor& at, Event& event, Value& key);
  bool ReadField(Cursor& at, catalog::FieldId id, Event& event);
  // Skips a value of any kind and checks it.
  bool SkipValue(Cursor& at, std::size_t level);
  bool SkipScalar(Cursor& at);
  bool SkipKey(Cursor& at);
  // After a value in an object: true after a comma, false after the end.
  bool Continues(Cursor& at, char close, bool& more);

  char At(Cursor at) const { return at < end_ ? body_[*at] : '\0'; }
  // The end of a token that starts at `at[0]`, white space before the next one
  // excluded.
  std::size_t TokenEnd(Cursor at) const;
  bool Fail(Cursor at, const char* what);
  Step Finish(Cursor at);

  JsonIndex index_;
  std::string_view body_;
  Cursor at_ = nullptr;
  Cursor end_ = nullptr;
  bool has_escapes_ = false;  // Anywhere in the body.
  std::size_t index_of_event_ = 0;
  absl::Status status_;
};

}  // namespace segrid::codec

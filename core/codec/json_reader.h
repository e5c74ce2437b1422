// From a webhook body to events: a walk over the body's structural index.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/codec/event.h"
#include "core/codec/json_cursor.h"
#include "core/codec/json_index.h"
#include "core/codec/key_table.h"

namespace segrid::codec {

// Reads a JSON array of events, one at a time.
//
// Every byte of the body is checked: UTF-8, strings and escapes, numbers,
// literals, grammar, at most JsonCursor::kMaxDepth levels. A body that is not a
// JSON array is refused as a whole, possibly after some of its events were
// given out: act on them only when Next() has said kEnd. A byte order mark
// before the array is skipped. Bytes inside strings that are no UTF-8 are read
// as U+FFFD (mapping.md, 3.9): only a body that fails the check is copied.
//
// Ownership:     the body must outlive the reader's use of it and the events.
// Thread safety: none; one user at a time. Reused from body to body; the steady
//                state allocates nothing.
// Errors:        those of ExplainRefusal() (json_mistake.h); RESOURCE_EXHAUSTED
//                with reason OUT_OF_MEMORY.
class JsonReader {
 public:
  enum class Step {
    kEvent,        // `event` is filled.
    kNotAnObject,  // The element is JSON but no object; `event` is cleared.
    kEnd,          // The body was read to its end and is right.
    kError,        // See status().
  };

  explicit JsonReader(JsonIndex::Engine engine = JsonIndex::Engine::kFastest)
      : cursor_(engine) {}

  // Starts to read `body`.
  absl::Status Open(std::string_view body);

  // Reads the next element of the array into `event`.
  Step Next(Event& event);

  // What went wrong; OK unless Open() failed or Next() returned kError.
  const absl::Status& status() const { return status_; }

  // Strings of the body in which something was replaced by U+FFFD.
  std::int32_t repaired_strings() const { return repaired_strings_; }

  // Gives back memory that an unusually large body has left behind.
  void Shrink();

 private:
  using Position = JsonCursor::Position;

  // An object of custom arguments in the event that is being read; see
  // catalog::kArgumentObjects.
  struct ArgumentObject {
    std::vector<CustomArg> members;
    bool present = false;
    std::size_t args_before = 0;  // Custom arguments read before it.
  };

  JsonIndex::Outcome OpenRepaired(std::string_view body);
  Step Fail();
  bool ReadObject(Position& position, Event& event);
  // Before it there is no escape that was not seen yet, and behind each
  // character there is room for the longest key.
  std::uint32_t PlainEnd() const {
    const char* const padded = cursor_.body_end() - KeyTable::kMaxKeyBytes;
    const std::ptrdiff_t size =
        std::min(cursor_.next_escape(), padded) - cursor_.body();
    return static_cast<std::uint32_t>(std::max<std::ptrdiff_t>(size, 0));
  }
  // These give the position after what they read; nullptr on an error.
  Position ReadMember(Position at, Event& event);
  Position ReadField(Position at, catalog::FieldId id, Event& event);
  Position ReadList(Position at, catalog::FieldId id, Event& event);
  Position ReadCustomArg(Position at, Value key, Event& event);
  bool ReadKey(Position& at, Event& event, Value& key);
  bool ReadMembers(Position& at, catalog::FieldId object, Event& event);
  // Objects and arrays give kComposite; `level` counts the brackets around.
  bool ReadScalar(Position& at, std::size_t level, Value& value);
  Step Finish(Position at);
  Position ReadArgumentObject(Position at, std::size_t object, Event& event);
  void SpreadArgumentObjects(Event& event);
  void SettleKeyOf(std::size_t i, std::vector<CustomArg>& args);
  void ForgetArgumentObjects();

  JsonCursor cursor_;
  Position at_ = nullptr;
  std::size_t element_ = 0;
  std::string_view body_;  // As it came, for messages.
  std::string repaired_;
  std::int32_t repaired_strings_ = 0;
  std::array<ArgumentObject, catalog::kArgumentObjects.size()> objects_;
  bool has_objects_ = false;
  absl::Status status_;
};

}  // namespace segrid::codec

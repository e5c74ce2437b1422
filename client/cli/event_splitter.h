// The events of a file in the forms that people keep them in, one by one.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "client/result.h"

namespace segrid::cli {

// An event of a file, or bytes of it that are none.
struct ArchiveItem {
  enum class Kind {
    kEvent,      // A JSON value; whoever uses it reads what is inside.
    kBad,        // No JSON value; `why` says what is wrong.
    kMoreOfBad,  // More bytes of the bad item before.
  };
  Kind kind = Kind::kEvent;
  std::string_view text;   // Byte for byte; until the next call of Next().
  std::int64_t index = 0;  // Its number in the file, bad ones included.
  std::int64_t line = 1;   // Where it begins, counted from 1,
  std::int64_t byte = 0;   // and the byte of the unpacked file, from 0.
  std::string why{};
};

// The first piece of a bad item is this long at least, or has the end of its
// line.
inline constexpr std::size_t kMinBadPieceBytes = 4'096;

// `line 3, byte 186 (event 2)`: where an item is, for people.
std::string PlaceOf(const ArchiveItem& item);

// Cuts a file into events: an event per line, over several lines, one array,
// whole bodies (arrays) one after the other, in any mixture. Byte order marks,
// blank lines and commas between events do not matter.
//
// A bad line is an item by itself and harms no other: after it the next line
// that begins with a bracket is read. Between the brackets of an array a bad
// element ends where its brackets do. A line is bad as a whole when something
// stands behind the end of its event.
//
// The numbers of the items do not depend on how the bytes arrive, so they say
// how far somebody came. A file that has grown has the same items with the same
// numbers; only the last one may be another when last_is_unfinished().
//
// Memory: the longest event, at most `max_event_bytes` and a block. Longer ones
// are bad. Thread safety: none.
class EventSplitter {
 public:
  // Puts at most that many bytes there; 0 at the end.
  using Read = std::function<Result<std::size_t>(char*, std::size_t)>;

  EventSplitter(Read read, std::size_t max_event_bytes)
      : read_(std::move(read)), max_event_bytes_(max_event_bytes) {}

  // The next item; nullopt at the end. Errors: those of `read`.
  Result<std::optional<ArchiveItem>> Next();

  // After the end: the last item is bad and may be cut off because the file is
  // still being written.
  bool last_is_unfinished() const { return last_is_unfinished_; }

  // After the end: the line of the array that has no end; 0 when there is none.
  std::int64_t open_array_line() const { return in_array_ ? array_line_ : 0; }

 private:
  enum class Rest { kNone, kLine, kPerhapsMoreLines };

  std::string_view Left() const {
    return std::string_view(buffer_).substr(at_);
  }
  bool Fill();
  bool Ensure(std::size_t bytes);
  std::size_t FindNext(std::string_view set, std::size_t from, bool of_set);
  void Advance(std::size_t bytes);
  bool SkipToItem();
  ArchiveItem Item(ArchiveItem::Kind kind, std::size_t bytes);
  ArchiveItem ReadItem();
  ArchiveItem ReadValue();
  ArchiveItem Recover(const std::string& why, std::size_t wrong_at);
  ArchiveItem BadLine(std::string why);
  std::optional<ArchiveItem> MoreOfBad();
  bool NextLineBelongs();

  const Read read_;
  const std::size_t max_event_bytes_;
  std::string buffer_;
  std::size_t at_ = 0;     // Where the next item is looked for.
  std::int64_t base_ = 0;  // The file's byte of buffer_[0].
  std::int64_t line_ = 1;  // Of at_.
  std::int64_t array_line_ = 0;
  std::int64_t index_ = 0;
  bool all_read_ = false;
  std::optional<Error> failure_;
  bool in_array_ = false;
  bool lost_ = false;  // Where the array ends is not known for sure.
  Rest rest_ = Rest::kNone;
  bool rest_may_be_indented_ = false;
  bool last_is_unfinished_ = false;
};

}  // namespace segrid::cli

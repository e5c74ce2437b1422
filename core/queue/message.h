// What goes into a queue and comes out of it: messages in chunks of ready JSON.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/base/trace_parent.h"

namespace segrid::queue {

// Place of a message in its lane: from 1, strictly increasing in the order of
// acceptance, never reused, also not after a restart. Gaps are allowed.
using Sequence = std::uint64_t;

// Sequences from `first` to `last`, both included. Empty when first > last.
struct Range {
  Sequence first = 1;
  Sequence last = 0;

  friend bool operator==(const Range&, const Range&) = default;
};

// Limits of one message; Append refuses what is over them.
inline constexpr std::size_t kMaxIdBytes = 100;
inline constexpr std::size_t kMaxMessageBytes = 32'768;

// Bytes that do not change, with shared ownership: copies are cheap and the
// storage lives as long as the last of them. Thread safety: as a
// std::shared_ptr<const T>.
class Bytes {
 public:
  Bytes() = default;
  explicit Bytes(std::string text) {
    auto owned = std::make_shared<const std::string>(std::move(text));
    view_ = *owned;
    owner_ = std::move(owned);
  }
  // `view` lies in storage that `owner` keeps alive.
  Bytes(std::shared_ptr<const void> owner, std::string_view view)
      : owner_(std::move(owner)), view_(view) {}

  // Takes over `storage`, which comes from malloc(); `view` lies in it. Made
  // for codec::OutputBuffer::Release().
  static Bytes Adopt(char* storage, std::string_view view) {
    return Bytes(std::shared_ptr<const void>(storage, std::free), view);
  }

  std::string_view view() const { return view_; }
  std::size_t size() const { return view_.size(); }

 private:
  std::shared_ptr<const void> owner_;
  std::string_view view_{};
};

// Where a message and its id lie in the `json` of its chunk. The id is the
// value of "messageId" in the message's own JSON, which needs no escapes.
struct Message {
  std::uint32_t offset = 0;
  std::uint32_t size_bytes = 0;
  std::uint32_t id_offset = 0;
  std::uint32_t id_size_bytes = 0;
};

// Messages for one lane. `json` is their JSON joined by commas, with nothing
// before, between or after: put between `[` and `]` it is an array, and a store
// may keep it as it is.
struct Chunk {
  std::string lane{};  // The source's name.
  Bytes json{};
  std::vector<Message> messages{};  // In the order of `json`.
  // The call that brings them, if it is traced. Kept with the messages as long
  // as they are pending, not with dead letters.
  std::optional<base::TraceParent> trace{};

  std::string_view track(const Message& message) const {
    return json.view().substr(message.offset, message.size_bytes);
  }
  std::string_view id(const Message& message) const {
    return json.view().substr(message.id_offset, message.id_size_bytes);
  }
};

// What was accepted of one chunk: `count` messages, whose sequences lie in
// `range`, where no message of another chunk lies.
struct Ticket {
  Range range{};
  std::int64_t count = 0;
};

// A message on loan. The views live as long as the Lease.
struct LeasedMessage {
  Sequence sequence = 0;
  std::string_view id{};
  std::string_view track{};  // Its JSON.
  absl::Time
      accepted_time{};  // Or of its last replay: the budget starts there.
};

// Messages that a traced call brought.
struct TracedRange {
  Range range{};
  base::TraceParent trace{};
};

// Messages on loan to one taker, in the order of their sequences.
struct Lease {
  std::uint64_t id = 0;  // Unique within the store; 0 when `messages` is empty.
  std::vector<LeasedMessage> messages{};
  // How often each of them was attempted before: messages with different
  // counts are not lent together. Not durable: a crash may forget attempts.
  std::int32_t attempts = 0;
  // True when more messages were due than the limits let through.
  bool more = false;
  // When the lane may next have something to take although nothing new comes
  // (deferred messages, loans that run out). InfiniteFuture: never.
  absl::Time next_due = absl::InfiniteFuture();
  // Of `messages`, in their order; empty when no call was traced.
  std::vector<TracedRange> traces{};
  // Keeps the bytes of `messages` alive.
  std::vector<Bytes> storage{};
};

}  // namespace segrid::queue

// The messages of a lane that were lent at least once, and how they fare.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "core/queue/message.h"

namespace segrid::queue::rocksdb {

// Neighbouring messages with the same fate.
struct Span {
  enum class State {
    kDue,       // On loan to nobody, may be lent.
    kDeferred,  // Until `due`.
    kLent,      // To `lease_id`.
    kGone,      // Delivered or dead.
  };
  Sequence last = 0;
  State state = State::kDue;
  std::int32_t attempts = 0;
  std::uint64_t lease_id = 0;
  absl::Time due = absl::InfinitePast();

  bool SameFate(const Span& other) const {
    return state == other.state && attempts == other.attempts &&
           lease_id == other.lease_id && due == other.due;
  }
};

// A map from sequences to fates, without holes from `first()` to `end()`. There
// are few spans: as many as loans and deferrals at a time, not as messages.
// Not thread-safe.
class Spans {
 public:
  explicit Spans(Sequence first) : first_(first), end_(first) {}

  // The oldest message that is not gone, and the first that was never touched.
  Sequence first() const { return first_; }
  Sequence end() const { return end_; }

  // Touches everything below `end`; what is new is due.
  void Extend(Sequence end);

  // Gives the messages of `range`, which lies between first() and end(), a new
  // fate. Those that are gone at the front leave.
  void Set(Range range, const Span& fate);

  // The parts of `range` for which `wanted` holds.
  std::vector<Range> Select(
      Range range, const std::function<bool(const Span&)>& wanted) const;

  // All spans in their order.
  void ForEach(const std::function<void(Range, const Span&)>& visit) const;

  // The fate of a message between first() and end().
  Span At(Sequence sequence) const;

  // The first span that is due.
  std::optional<std::pair<Range, Span>> FirstDue() const;

  // The parts that are gone and do not stand at the front.
  std::vector<Range> Gone() const;

 private:
  using Map = std::map<Sequence, Span>;  // By the first sequence.

  // Makes a span begin at `at`.
  void SplitAt(Sequence at);
  // Joins the span with the one before it if they share their fate.
  Map::iterator Join(Map::iterator at);
  void DropFront();

  Map map_;
  Sequence first_;
  Sequence end_;
};

// Sorted, and neighbours joined.
std::vector<Range> Normalized(std::vector<Range> ranges);

}  // namespace segrid::queue::rocksdb

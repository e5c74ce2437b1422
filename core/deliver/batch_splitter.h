// The parts of a batch that a receiver refuses as a whole.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace segrid::deliver {

// Messages [begin, end) of a batch, to be sent together.
struct Piece {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::int32_t attempts = 0;  // Made of these messages before.

  std::size_t size() const { return end - begin; }
};

// Says which part of a batch to send next: first all of it, after a refusal its
// halves, then theirs, level by level, down to single messages. When one bad
// message spoils a batch and the first half passes, the second half is the bad
// one: if it has more than two messages, it is split without being sent. A
// value; not thread-safe.
class BatchSplitter {
 public:
  // `split_points`: places, ascending, before which the batch is split from the
  // start.
  explicit BatchSplitter(std::size_t messages,
                         const std::vector<std::size_t>& split_points = {});

  bool empty() const { return level_.empty() && next_level_.empty(); }

  // Takes out the piece to send next; there is one.
  Piece Next();

  // The pieces below are those that Next() gave last.

  // `piece` was refused and has two messages or more. `one_is_bad`: because of
  // one message, so one good half means that the other is bad.
  void Refused(const Piece& piece, bool one_is_bad);

  // `piece` was too large and has two messages or more. Its halves are next,
  // because their size is what is to be found out.
  void TooLarge(const Piece& piece);

  // `piece` was delivered.
  void Delivered(const Piece& piece);

  // Puts single messages before all else, one out of each of `count` parts of
  // what is left, or all messages when they are fewer.
  void SampleSingles(std::size_t count);

  // `piece` comes back, to be sent as its first message and the rest.
  void SplitOffFirst(const Piece& piece);

  // Takes out all pieces, in no order.
  std::vector<Piece> TakeAll();

 private:
  struct Part {
    Piece piece;
    bool bad_if_before_passes = false;
    bool known_bad = false;
  };
  static std::pair<Part, Part> Halves(const Piece& piece);

  std::deque<Part> level_;       // To be sent now.
  std::deque<Part> next_level_;  // The halves of what was refused.
};

}  // namespace segrid::deliver

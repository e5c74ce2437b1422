// The parts of a batch that a receiver refuses as a whole.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace segrid::deliver {

// Messages [begin, end) of a batch, to be sent together.
struct Piece {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::int32_t attempts = 0;  // Made of these messages before.

  std::size_t size() const { return end - begin; }
};

// What of a batch is still to be sent: first all of it, after a refusal its
// halves, down to single messages. When one bad message spoils a batch and the
// first half passes, the second half must be the bad one: it is halved without
// being sent, which finds one among 2,500 in at most 24 attempts. A value; not
// thread-safe.
class Pieces {
 public:
  // `cuts`: places, ascending, before which the batch is cut from the start.
  explicit Pieces(std::size_t messages,
                  const std::vector<std::size_t>& cuts = {});

  bool empty() const { return stack_.empty(); }

  // Takes out the piece to send next; there is one. Order is kept.
  Piece Next();

  // `piece`, which Next() gave last, was refused and has two messages or more.
  // `one_is_bad`: because of one message, not of its size.
  void Refused(const Piece& piece, bool one_is_bad);

  // `piece`, which Next() gave last, was delivered.
  void Delivered(const Piece& piece);

  // Takes out all pieces.
  std::vector<Piece> TakeAll();

 private:
  struct Part {
    Piece piece;
    bool bad_if_before_passes = false;
    bool known_bad = false;
  };
  void Halve(const Piece& piece, bool one_is_bad);

  std::vector<Part> stack_;  // The next one last.
};

}  // namespace segrid::deliver

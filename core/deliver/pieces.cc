#include "core/deliver/pieces.h"

#include <utility>

namespace segrid::deliver {

Pieces::Pieces(std::size_t messages, const std::vector<std::size_t>& cuts) {
  std::size_t end = messages;
  for (auto cut = cuts.rbegin(); cut != cuts.rend(); ++cut) {
    stack_.push_back({.piece = {.begin = *cut, .end = end}});
    end = *cut;
  }
  if (end > 0) stack_.push_back({.piece = {.begin = 0, .end = end}});
}

Piece Pieces::Next() {
  while (stack_.back().known_bad && stack_.back().piece.size() > 1) {
    const Piece bad = stack_.back().piece;
    stack_.pop_back();
    Halve(bad, true);
  }
  const Piece piece = stack_.back().piece;
  stack_.pop_back();
  return piece;
}

void Pieces::Halve(const Piece& piece, bool one_is_bad) {
  // The smaller half goes first: when it is bad, it has cost less.
  const std::size_t middle = piece.begin + piece.size() / 2;
  Part second{.piece = piece, .bad_if_before_passes = one_is_bad};
  Part first{.piece = piece};
  second.piece.begin = middle;
  first.piece.end = middle;
  stack_.push_back(second);
  stack_.push_back(first);
}

void Pieces::Refused(const Piece& piece, bool one_is_bad) {
  // The bad message is here, so nothing is known of the part behind.
  if (!stack_.empty()) stack_.back().bad_if_before_passes = false;
  Piece again = piece;
  ++again.attempts;
  Halve(again, one_is_bad);
}

void Pieces::Delivered(const Piece& piece) {
  if (stack_.empty()) return;
  Part& behind = stack_.back();
  if (behind.bad_if_before_passes && behind.piece.begin == piece.end) {
    behind.known_bad = true;
  }
}

std::vector<Piece> Pieces::TakeAll() {
  std::vector<Piece> all;
  for (const Part& part : std::exchange(stack_, {})) all.push_back(part.piece);
  return all;
}

}  // namespace segrid::deliver

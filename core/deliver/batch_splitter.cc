#include "core/deliver/batch_splitter.h"

#include <algorithm>
#include <utility>

namespace segrid::deliver {
namespace {

// A pair is sent although it is known to hold a bad message: its refusal is the
// first half of the proof against the one that is refused alone afterwards.
constexpr std::size_t kLargestSentForProof = 2;

}  // namespace

BatchSplitter::BatchSplitter(std::size_t messages,
                             const std::vector<std::size_t>& split_points) {
  std::size_t begin = 0;
  for (const std::size_t point : split_points) {
    level_.push_back({.piece = {.begin = begin, .end = point}});
    begin = point;
  }
  if (begin < messages) {
    level_.push_back({.piece = {.begin = begin, .end = messages}});
  }
}

std::pair<BatchSplitter::Part, BatchSplitter::Part> BatchSplitter::Halves(
    const Piece& piece) {
  const std::size_t middle = piece.begin + piece.size() / 2;
  Part first{.piece = piece};
  Part second{.piece = piece};
  first.piece.end = middle;
  second.piece.begin = middle;
  return {first, second};
}

Piece BatchSplitter::Next() {
  while (true) {
    if (level_.empty()) level_.swap(next_level_);
    const Part part = level_.front();
    level_.pop_front();
    if (!part.known_bad || part.piece.size() <= kLargestSentForProof) {
      return part.piece;
    }
    auto [first, second] = Halves(part.piece);
    second.bad_if_before_passes = true;
    next_level_.push_back(first);
    next_level_.push_back(second);
  }
}

void BatchSplitter::Refused(const Piece& piece, bool one_is_bad) {
  // The bad message is here, so nothing is known of the part behind.
  if (!level_.empty()) level_.front().bad_if_before_passes = false;
  Piece again = piece;
  ++again.attempts;
  auto [first, second] = Halves(again);
  second.bad_if_before_passes = one_is_bad;
  next_level_.push_back(first);
  next_level_.push_back(second);
}

void BatchSplitter::TooLarge(const Piece& piece) {
  if (!level_.empty()) level_.front().bad_if_before_passes = false;
  Piece again = piece;
  ++again.attempts;
  const auto [first, second] = Halves(again);
  level_.push_front(second);
  level_.push_front(first);
}

void BatchSplitter::Delivered(const Piece& piece) {
  if (level_.empty()) return;
  Part& behind = level_.front();
  if (behind.bad_if_before_passes && behind.piece.begin == piece.end) {
    behind.known_bad = true;
  }
}

void BatchSplitter::SampleSingles(std::size_t count) {
  std::vector<Piece> pieces = TakeAll();
  while (pieces.size() < count) {
    const auto largest = std::max_element(
        pieces.begin(), pieces.end(),
        [](const Piece& a, const Piece& b) { return a.size() < b.size(); });
    if (largest == pieces.end() || largest->size() < 2) break;
    const auto [first, second] = Halves(*largest);
    *largest = first.piece;
    pieces.push_back(second.piece);
  }
  std::sort(pieces.begin(), pieces.end(),
            [](const Piece& a, const Piece& b) { return a.begin < b.begin; });
  const std::size_t singles = std::min(count, pieces.size());
  for (std::size_t i = 0; i < singles; ++i) {
    Piece& piece = pieces[i * pieces.size() / singles];
    Piece single = piece;
    single.end = ++piece.begin;
    level_.push_back({.piece = single});
  }
  for (const Piece& piece : pieces) {
    if (piece.size() > 0) next_level_.push_back({.piece = piece});
  }
}

void BatchSplitter::SplitOffFirst(const Piece& piece) {
  Piece first = piece;
  Piece rest = piece;
  first.end = ++rest.begin;
  if (rest.size() > 0) level_.push_front({.piece = rest});
  level_.push_front({.piece = first});
}

std::vector<Piece> BatchSplitter::TakeAll() {
  std::vector<Piece> all;
  for (std::deque<Part>* parts : {&level_, &next_level_}) {
    for (const Part& part : std::exchange(*parts, {})) {
      all.push_back(part.piece);
    }
  }
  return all;
}

}  // namespace segrid::deliver

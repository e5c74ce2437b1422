#include "core/deliver/cuts.h"

#include <algorithm>

namespace segrid::deliver {

void Cuts::Add(queue::Range part) {
  firsts_.insert(part.first);
  firsts_.insert(part.last + 1);
  while (firsts_.size() > kMaxCuts) firsts_.erase(firsts_.begin());
}

std::vector<std::size_t> Cuts::Take(
    const std::vector<queue::Sequence>& sequences) {
  std::vector<std::size_t> places;
  if (sequences.empty()) return places;
  auto cut = firsts_.upper_bound(sequences.front());
  while (cut != firsts_.end() && *cut <= sequences.back()) {
    const auto behind =
        std::lower_bound(sequences.begin(), sequences.end(), *cut);
    const auto place = static_cast<std::size_t>(behind - sequences.begin());
    if (places.empty() || places.back() != place) places.push_back(place);
    cut = firsts_.erase(cut);
  }
  return places;
}

}  // namespace segrid::deliver

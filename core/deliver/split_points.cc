#include "core/deliver/split_points.h"

#include <algorithm>

namespace segrid::deliver {

void SplitPoints::Add(queue::Range part) {
  firsts_.insert(part.first);
  firsts_.insert(part.last + 1);
  while (firsts_.size() > kMaxPoints) firsts_.erase(firsts_.begin());
}

std::vector<std::size_t> SplitPoints::Take(
    const std::vector<queue::Sequence>& sequences) {
  std::vector<std::size_t> places;
  if (sequences.empty()) return places;
  auto point = firsts_.upper_bound(sequences.front());
  while (point != firsts_.end() && *point <= sequences.back()) {
    const auto behind =
        std::lower_bound(sequences.begin(), sequences.end(), *point);
    const auto place = static_cast<std::size_t>(behind - sequences.begin());
    if (places.empty() || places.back() != place) places.push_back(place);
    point = firsts_.erase(point);
  }
  return places;
}

}  // namespace segrid::deliver

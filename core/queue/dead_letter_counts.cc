#include "core/queue/dead_letter_counts.h"

namespace segrid::queue {

void DeadLetterCounts::Add(std::string_view reason) {
  const auto known = counts_.find(reason);
  if (known == counts_.end()) {
    counts_.emplace(reason, 1);
  } else {
    ++known->second;
  }
}

void DeadLetterCounts::Remove(std::string_view reason) {
  const auto known = counts_.find(reason);
  if (--known->second == 0) counts_.erase(known);
}

std::int64_t DeadLetterCounts::Of(std::string_view reason) const {
  const auto known = counts_.find(reason);
  return known == counts_.end() ? 0 : known->second;
}

std::vector<ReasonCount> DeadLetterCounts::All() const {
  std::vector<ReasonCount> all;
  all.reserve(counts_.size());
  for (const auto& [reason, count] : counts_) all.push_back({reason, count});
  return all;
}

}  // namespace segrid::queue

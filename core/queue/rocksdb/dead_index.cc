#include "core/queue/rocksdb/dead_index.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/container/flat_hash_set.h"

namespace segrid::queue::rocksdb {
namespace {

// A filter with its ids made quick to look up.
class Matcher {
 public:
  explicit Matcher(const DeadLetterFilter& filter)
      : filter_(filter), ids_(filter.ids.begin(), filter.ids.end()) {}

  bool operator()(std::uint64_t id, const DeadIndex::Entry& entry) const {
    return (filter_.reason.empty() || filter_.reason == entry.reason) &&
           (ids_.empty() || ids_.contains(id)) &&
           entry.dead_time >= filter_.since && entry.dead_time < filter_.until;
  }

 private:
  const DeadLetterFilter& filter_;
  const absl::flat_hash_set<std::uint64_t> ids_;
};

}  // namespace

void DeadIndex::Add(std::uint64_t id, Entry entry) {
  bytes_ += entry.bytes;
  counts_.Add(entry.reason);
  sequences_.insert(entry.sequence);
  entries_.emplace_hint(entries_.end(), id, std::move(entry));
  next_id_ = std::max(next_id_, id + 1);
}

DeadIndex::Entry DeadIndex::Remove(std::uint64_t id) {
  Entry entry = std::move(entries_.extract(id).mapped());
  bytes_ -= entry.bytes;
  counts_.Remove(entry.reason);
  sequences_.erase(entry.sequence);
  return entry;
}

std::vector<std::uint64_t> DeadIndex::Select(
    const DeadLetterFilter& filter) const {
  const Matcher matches(filter);
  std::vector<std::uint64_t> selected;
  for (const auto& [id, entry] : entries_) {
    if (matches(id, entry)) selected.push_back(id);
  }
  return selected;
}

std::vector<std::uint64_t> DeadIndex::SelectNewest(
    const DeadLetterFilter& filter, std::uint64_t before,
    std::size_t max) const {
  const Matcher matches(filter);
  std::vector<std::uint64_t> selected;
  auto it = std::make_reverse_iterator(entries_.lower_bound(before));
  for (; it != entries_.rend() && selected.size() < max; ++it) {
    if (matches(it->first, it->second)) selected.push_back(it->first);
  }
  return selected;
}

std::vector<std::uint64_t> DeadIndex::OlderThan(absl::Time too_old) const {
  std::vector<std::uint64_t> old;
  for (const auto& [id, entry] : entries_) {
    if (entry.dead_time >= too_old) break;
    old.push_back(id);
  }
  return old;
}

std::int64_t DeadIndex::CountIn(Range range) const {
  if (range.first > range.last) return 0;
  return std::distance(sequences_.lower_bound(range.first),
                       sequences_.upper_bound(range.last));
}

}  // namespace segrid::queue::rocksdb

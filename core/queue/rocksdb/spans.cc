#include "core/queue/rocksdb/spans.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace segrid::queue::rocksdb {

void Spans::SplitAt(Sequence at) {
  auto span = map_.upper_bound(at);
  if (span == map_.begin()) return;
  --span;
  if (span->first == at || span->second.last < at) return;
  map_.emplace_hint(std::next(span), at, span->second);
  span->second.last = at - 1;
}

Spans::Map::iterator Spans::Join(Map::iterator at) {
  if (at == map_.begin() || at == map_.end()) return at;
  const auto before = std::prev(at);
  if (!before->second.SameFate(at->second)) return at;
  before->second.last = at->second.last;
  map_.erase(at);
  return before;
}

void Spans::Extend(Sequence end) {
  if (end <= end_) return;
  Join(map_.emplace_hint(map_.end(), end_, Span{.last = end - 1}));
  end_ = end;
}

void Spans::Set(Range range, const Span& fate) {
  range.first = std::max(range.first, first_);
  range.last = std::min(range.last, end_ - 1);
  if (range.first > range.last) return;
  SplitAt(range.first);
  SplitAt(range.last + 1);
  map_.erase(map_.lower_bound(range.first), map_.upper_bound(range.last));
  Span span = fate;
  span.last = range.last;
  const auto placed = Join(map_.emplace(range.first, span).first);
  Join(std::next(placed));
  DropFront();
}

void Spans::DropFront() {
  while (!map_.empty() && map_.begin()->second.state == Span::State::kGone) {
    first_ = map_.begin()->second.last + 1;
    map_.erase(map_.begin());
  }
  if (map_.empty()) first_ = end_;
}

std::vector<Range> Spans::Select(
    Range range, const std::function<bool(const Span&)>& wanted) const {
  std::vector<Range> selected;
  auto span = map_.upper_bound(range.first);
  if (span != map_.begin()) --span;
  for (; span != map_.end() && span->first <= range.last; ++span) {
    const Range part{std::max(range.first, span->first),
                     std::min(range.last, span->second.last)};
    if (part.first <= part.last && wanted(span->second)) {
      selected.push_back(part);
    }
  }
  return Normalized(std::move(selected));
}

void Spans::ForEach(
    const std::function<void(Range, const Span&)>& visit) const {
  for (const auto& [first, span] : map_) visit({first, span.last}, span);
}

Span Spans::At(Sequence sequence) const {
  return std::prev(map_.upper_bound(sequence))->second;
}

std::optional<std::pair<Range, Span>> Spans::FirstDue() const {
  for (const auto& [first, span] : map_) {
    if (span.state == Span::State::kDue) {
      return std::pair(Range{first, span.last}, span);
    }
  }
  return std::nullopt;
}

std::vector<Range> Spans::Gone() const {
  std::vector<Range> gone;
  for (const auto& [first, span] : map_) {
    if (span.state == Span::State::kGone) gone.push_back({first, span.last});
  }
  return gone;
}

std::vector<Range> Normalized(std::vector<Range> ranges) {
  std::erase_if(ranges, [](const Range& r) { return r.first > r.last; });
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  std::vector<Range> joined;
  for (const Range& range : ranges) {
    if (!joined.empty() && range.first <= joined.back().last + 1) {
      joined.back().last = std::max(joined.back().last, range.last);
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

}  // namespace segrid::queue::rocksdb

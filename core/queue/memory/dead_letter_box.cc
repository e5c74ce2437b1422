#include "core/queue/memory/dead_letter_box.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/queue/errors.h"

namespace segrid::queue::memory {
namespace {

// A filter with its ids made quick to look up.
class Matcher {
 public:
  explicit Matcher(const DeadLetterFilter& filter)
      : filter_(filter), ids_(filter.ids.begin(), filter.ids.end()) {}

  bool operator()(const DeadLetter& letter) const {
    return (filter_.reason.empty() || filter_.reason == letter.reason) &&
           (ids_.empty() || ids_.contains(letter.id)) &&
           letter.dead_time >= filter_.since &&
           letter.dead_time < filter_.until;
  }

 private:
  const DeadLetterFilter& filter_;
  absl::flat_hash_set<std::uint64_t> ids_;
};

}  // namespace

void DeadLetterBox::Add(DeadLetter letter) {
  letter.id = ++last_id_;
  bytes_ += static_cast<std::int64_t>(letter.track.size());
  counts_.Add(letter.reason);
  sequences_.insert(letter.sequence);
  letters_.emplace_hint(letters_.end(), letter.id, std::move(letter));
}

std::vector<const DeadLetter*> DeadLetterBox::Select(
    const DeadLetterFilter& filter) const {
  const Matcher matches(filter);
  std::vector<const DeadLetter*> selected;
  for (const auto& [id, letter] : letters_) {
    if (matches(letter)) selected.push_back(&letter);
  }
  return selected;
}

absl::StatusOr<DeadLetterPage> DeadLetterBox::List(
    const DeadLetterQuery& query) const {
  // The token is the id before which the page ends.
  auto end = letters_.end();
  if (!query.page_token.empty()) {
    std::uint64_t before = 0;
    if (!absl::SimpleAtoi(query.page_token, &before)) return BadPageToken();
    end = letters_.lower_bound(before);
  }
  const Matcher matches(query.filter);
  DeadLetterPage page;
  for (auto it = std::make_reverse_iterator(end); it != letters_.rend(); ++it) {
    if (!matches(it->second)) continue;
    if (std::ssize(page.dead_letters) == query.page_size) {
      page.next_page_token = absl::StrCat(page.dead_letters.back().id);
      break;
    }
    page.dead_letters.push_back(it->second);
    if (!query.with_track) page.dead_letters.back().track = Bytes();
  }
  return page;
}

DeadLetter DeadLetterBox::Remove(std::uint64_t id) {
  auto node = letters_.extract(id);
  DeadLetter letter = std::move(node.mapped());
  bytes_ -= static_cast<std::int64_t>(letter.track.size());
  counts_.Remove(letter.reason);
  sequences_.erase(letter.sequence);
  return letter;
}

std::vector<std::uint64_t> DeadLetterBox::Ids() const {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, letter] : letters_) ids.push_back(id);
  return ids;
}

void DeadLetterBox::EraseAnswer(std::uint64_t id) {
  letters_.at(id).answer = kErasedAnswer;
}

std::int64_t DeadLetterBox::CountIn(Range range) const {
  if (range.first > range.last) return 0;
  return std::distance(sequences_.lower_bound(range.first),
                       sequences_.upper_bound(range.last));
}

}  // namespace segrid::queue::memory

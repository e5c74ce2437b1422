// The dead letters of one lane.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/queue/dead_letter.h"
#include "core/queue/dead_letter_counts.h"

namespace segrid::queue::memory {

// Keeps dead letters by id. Not thread-safe.
class DeadLetterBox {
 public:
  // Takes a letter and gives it its id.
  void Add(DeadLetter letter);

  // The letters that `filter` selects, oldest first. Valid until one is added
  // or removed.
  std::vector<const DeadLetter*> Select(const DeadLetterFilter& filter) const;

  // A page, newest first. INVALID_ARGUMENT/BAD_PAGE for a bad token.
  absl::StatusOr<DeadLetterPage> List(const DeadLetterQuery& query) const;

  // Removes and returns the letter with `id`, which is there.
  DeadLetter Remove(std::uint64_t id);

  // The ids of all letters, oldest first; the letter with an id that is there.
  std::vector<std::uint64_t> Ids() const;
  const DeadLetter& at(std::uint64_t id) const { return letters_.at(id); }
  // Puts kErasedAnswer in the place of that letter's answer.
  void EraseAnswer(std::uint64_t id);

  // The id of the oldest letter; there is one.
  const DeadLetter& oldest() const { return letters_.begin()->second; }

  bool empty() const { return letters_.empty(); }
  std::int64_t count() const {
    return static_cast<std::int64_t>(letters_.size());
  }
  std::int64_t bytes() const { return bytes_; }
  const DeadLetterCounts& counts() const { return counts_; }
  // Those whose sequences lie in `range`.
  std::int64_t CountIn(Range range) const;

 private:
  std::map<std::uint64_t, DeadLetter> letters_;  // Ids grow with dead_time.
  std::set<Sequence> sequences_;
  std::uint64_t last_id_ = 0;
  std::int64_t bytes_ = 0;
  DeadLetterCounts counts_;
};

}  // namespace segrid::queue::memory

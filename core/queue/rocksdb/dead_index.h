// The index of a lane's dead letters in memory; the letters are on disk.

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/queue/dead_letter.h"
#include "core/queue/dead_letter_counts.h"

namespace segrid::queue::rocksdb {

// About 150 bytes of memory for each letter. Not thread-safe.
class DeadIndex {
 public:
  struct Entry {
    Sequence sequence = 0;
    std::string reason{};
    absl::Time dead_time{};
    std::int64_t bytes = 0;  // The Track's.
  };

  // The id for the next letter; ids grow.
  std::uint64_t next_id() const { return next_id_; }
  void set_next_id(std::uint64_t id) { next_id_ = id; }

  // Adds the letter with `id`, which is next_id() or more.
  void Add(std::uint64_t id, Entry entry);
  Entry Remove(std::uint64_t id);
  bool contains(std::uint64_t id) const { return entries_.contains(id); }

  // The ids that `filter` selects, oldest first.
  std::vector<std::uint64_t> Select(const DeadLetterFilter& filter) const;
  // Those that are below `before`, newest first, at most `max`.
  std::vector<std::uint64_t> SelectNewest(const DeadLetterFilter& filter,
                                          std::uint64_t before,
                                          std::size_t max) const;
  // The letters that are dead since before `too_old`.
  std::vector<std::uint64_t> OlderThan(absl::Time too_old) const;

  std::int64_t count() const {
    return static_cast<std::int64_t>(entries_.size());
  }
  std::int64_t bytes() const { return bytes_; }
  const DeadLetterCounts& counts() const { return counts_; }
  // Those whose sequences lie in `range`.
  std::int64_t CountIn(Range range) const;

 private:
  std::map<std::uint64_t, Entry> entries_;  // Ids grow with dead_time.
  std::set<Sequence> sequences_;
  std::uint64_t next_id_ = 1;
  std::int64_t bytes_ = 0;
  DeadLetterCounts counts_;
};

}  // namespace segrid::queue::rocksdb

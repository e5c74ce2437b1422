// Which message ids were accepted lately.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"

namespace segrid::queue::memory {

// The ids of the last `window`, or as many as fit into `max_ids`: the oldest
// are forgotten first, and the window then is shorter than asked for. An id is
// kept as 128 bits of two salted hashes. A value; not thread-safe. Times are of
// base::Clock::Uptime().
class DedupWindow {
 public:
  using Key = std::pair<std::uint64_t, std::uint64_t>;

  // Memory per id: the key twice, its share of the hash table, its time.
  static constexpr std::int64_t kBytesPerId = 64;

  DedupWindow(absl::Duration window, std::int64_t max_ids)
      : window_(window), max_ids_(max_ids) {}

  static Key KeyOf(std::string_view lane, std::string_view id);

  // Remembers `key` at `now`; false when it is remembered already.
  bool Insert(const Key& key, absl::Duration now);

  // Forgets the newest `count` keys again: an append that failed.
  void Undo(std::size_t count);

  // Forgets what is too old or too much. Not part of Insert, so that Undo can
  // follow it.
  void Trim(absl::Duration now);

  // How far back duplicates are recognised at `now`.
  absl::Duration EffectiveWindow(absl::Duration now) const;

  std::int64_t size() const { return static_cast<std::int64_t>(order_.size()); }

 private:
  // Ids of about the same time, so that each need not keep its own.
  struct Group {
    absl::Duration last;
    std::size_t count;
  };
  void ForgetOldest();

  absl::Duration window_;
  std::int64_t max_ids_;
  absl::flat_hash_set<Key> keys_;
  std::deque<Key> order_;     // As inserted, oldest first.
  std::deque<Group> groups_;  // Sum of counts = order_.size().
  absl::Duration forgotten_until_ = -absl::InfiniteDuration();  // For memory.
};

}  // namespace segrid::queue::memory

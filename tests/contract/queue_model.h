// A queue's contract as the simplest program that keeps it, to compare stores
// with: one lane, one list of messages.

#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/queue/queue.h"

namespace segrid::queue {

// Not thread-safe. The store's window for duplicates must be as long as the
// test; its sizes must not be reached.
class QueueModel {
 public:
  enum class Fate { kPending, kDelivered, kDead, kErased };

  struct Item {
    std::string id;
    absl::Time accepted_time;
    Fate fate = Fate::kPending;
    absl::Time due = absl::InfinitePast();
    std::uint64_t lease_id = 0;
    absl::Time lease_end{};
    int attempts = 0;
  };

  // Returns the number of accepted messages.
  int Append(const std::vector<std::string>& ids, absl::Time now) {
    int count = 0;
    for (const std::string& id : ids) {
      if (seen_[id]) {
        ++duplicates_;
      } else {
        seen_[id] = true;
        items_.push_back({.id = id, .accepted_time = now});
        ++count;
      }
    }
    accepted_ += count;
    return count;
  }

  // What Take must lend: places in items().
  std::vector<std::size_t> Take(std::size_t max_messages,
                                std::uint64_t lease_id, absl::Time now,
                                absl::Duration lease) {
    EndLoans(now);
    std::vector<std::size_t> taken;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const Item& item = items_[i];
      if (item.fate != Fate::kPending || item.lease_id != 0 || item.due > now) {
        continue;
      }
      if (taken.size() == max_messages ||
          (!taken.empty() && item.attempts != items_[taken[0]].attempts)) {
        break;
      }
      taken.push_back(i);
    }
    for (const std::size_t i : taken) {
      items_[i].lease_id = lease_id;
      items_[i].lease_end = now + lease;
    }
    return taken;
  }

  void Ack(const std::vector<std::size_t>& places) {
    for (const std::size_t i : places) {
      if (items_[i].fate != Fate::kPending) continue;
      items_[i].fate = Fate::kDelivered;
      ++delivered_;
    }
  }

  void Defer(const std::vector<std::size_t>& places, std::uint64_t lease_id,
             const Deferral& deferral, absl::Time now) {
    for (const std::size_t i : Lent(places, lease_id, now)) {
      items_[i].lease_id = 0;
      items_[i].due = deferral.not_before;
      items_[i].attempts += deferral.attempts;
    }
  }

  void DeadLetter(const std::vector<std::size_t>& places,
                  std::uint64_t lease_id, absl::Time now) {
    for (const std::size_t i : Lent(places, lease_id, now)) {
      items_[i].fate = Fate::kDead;
      dead_.push_back(i);
    }
  }

  // All dead letters, oldest first.
  std::int64_t Replay(absl::Time now) {
    for (const std::size_t i : dead_) {
      items_.push_back({.id = items_[i].id, .accepted_time = now});
    }
    return static_cast<std::int64_t>(std::exchange(dead_, {}).size());
  }

  std::int64_t Purge() {
    purged_ += static_cast<std::int64_t>(dead_.size());
    return static_cast<std::int64_t>(std::exchange(dead_, {}).size());
  }

  // Erases the messages and dead letters with such ids.
  std::int64_t Erase(const std::function<bool(const std::string& id)>& fits) {
    std::int64_t count = 0;
    for (Item& item : items_) {
      if (item.fate != Fate::kPending || !fits(item.id)) continue;
      item.fate = Fate::kErased;
      item.lease_id = 0;
      ++count;
    }
    count += static_cast<std::int64_t>(std::erase_if(
        dead_, [&](std::size_t i) { return fits(items_[i].id); }));
    purged_ += count;
    return count;
  }

  // What a restart of a durable store forgets: loans, deferrals, attempts.
  void Restart() {
    for (Item& item : items_) {
      item.due = absl::InfinitePast();
      item.lease_id = 0;
      item.attempts = 0;
    }
  }

  const std::vector<Item>& items() const { return items_; }
  std::int64_t accepted() const { return accepted_; }
  std::int64_t duplicates() const { return duplicates_; }
  std::int64_t delivered() const { return delivered_; }
  std::int64_t dead() const { return static_cast<std::int64_t>(dead_.size()); }
  std::int64_t purged() const { return purged_; }
  std::int64_t pending() const {
    return std::count_if(items_.begin(), items_.end(), [](const Item& item) {
      return item.fate == Fate::kPending;
    });
  }

 private:
  void EndLoans(absl::Time now) {
    for (Item& item : items_) {
      if (item.fate != Fate::kPending || item.lease_id == 0) continue;
      if (item.lease_end > now) continue;
      item.lease_id = 0;
      item.due = absl::InfinitePast();
      ++item.attempts;
    }
  }

  // Those of `places` that are still on loan to the lease.
  std::vector<std::size_t> Lent(const std::vector<std::size_t>& places,
                                std::uint64_t lease_id, absl::Time now) {
    EndLoans(now);
    std::vector<std::size_t> lent;
    for (const std::size_t i : places) {
      const Item& item = items_[i];
      if (item.fate == Fate::kPending && item.lease_id == lease_id) {
        lent.push_back(i);
      }
    }
    return lent;
  }

  std::vector<Item> items_;  // In the order of their sequences.
  std::map<std::string, bool> seen_;
  std::vector<std::size_t> dead_;
  std::int64_t accepted_ = 0;
  std::int64_t duplicates_ = 0;
  std::int64_t delivered_ = 0;
  std::int64_t purged_ = 0;
};

}  // namespace segrid::queue

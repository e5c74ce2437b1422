// One lane of the memory store: its pending messages and their loans.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/queue/memory/dead_letter_box.h"
#include "core/queue/message.h"
#include "core/queue/queue.h"
#include "core/queue/stats.h"

namespace segrid::queue::memory {

// Keeps the ledger: each method leaves accepted = delivered + pending + dead +
// expired + purged. Not thread-safe.
class Lane {
 public:
  explicit Lane(std::string name) : name_(std::move(name)) {}

  // Accepts the messages of `chunk` whose place in `fresh` is true, and counts
  // the others as duplicates.
  LaneAppend Append(const Chunk& chunk, const std::vector<bool>& fresh,
                    absl::Time now);

  // The Lease of Queue::Take; `lease_id` is used if it lends something.
  Lease Take(const TakeRequest& request, std::uint64_t lease_id,
             absl::Time now);

  // As the methods of Queue with these names.
  absl::Status Renew(std::uint64_t lease_id, absl::Time expires,
                     absl::Time now);
  void Ack(const Settlement& settlement);
  void Defer(const Settlement& settlement, const Deferral& deferral,
             absl::Time now);
  // False when there was no room for all of them: the others stay on loan.
  bool DeadLetter(const Settlement& settlement, const Death& death,
                  absl::Time now, std::int64_t max_bytes);
  Progress GetProgress(const Ticket& ticket) const;
  std::int64_t CountPendingUntil(absl::Time time) const;

  // Makes dead letter `id` pending again.
  void Replay(std::uint64_t id, absl::Time now);
  // Deletes dead letter `id` for good, because an operator said so; because it
  // is too old.
  void Purge(std::uint64_t id);
  void Expire(std::uint64_t id);
  // As Queue::DropLane.
  DroppedLane DropAll();
  // As Queue::Erase, of this lane.
  ErasedLane Erase(const EraseRequest& request, absl::Time now);

  const DeadLetterBox& dead_letters() const { return dead_letters_; }
  // Counts pending messages and dead letters.
  std::int64_t bytes() const { return pending_bytes_ + dead_letters_.bytes(); }
  std::int64_t pending_bytes() const { return pending_bytes_; }
  LaneStats stats() const;

 private:
  struct Entry {
    Bytes json;  // The chunk's; empty once the message is settled.
    Message message;
    absl::Time accepted_time;
    std::shared_ptr<const base::TraceParent> trace{};  // May be null.
    std::uint64_t lease_id = 0;                        // 0: on loan to nobody.
    std::int32_t attempts = 0;
    bool pending = true;
  };
  struct Loan {
    absl::Time expires;
    absl::btree_set<Sequence> sequences;  // Not yet settled.
  };

  Sequence Push(Entry entry);
  Entry* Find(Sequence sequence);
  // The messages of a settlement that its lease still has.
  std::vector<Sequence> LentOf(const Settlement& settlement) const;
  // The entries of a settlement that its lease still has, taken from it.
  std::vector<Sequence> Recall(const Settlement& settlement);
  // Puts messages whose time has come back among those that are due.
  void MakeDue(absl::Time now);
  // The oldest message that is due and not on loan, or 0.
  Sequence NextDue() const;
  // The same of a range, where deferred ones are due, too.
  Sequence NextDueIn(const Range& range) const;
  // Notes that a message that NextDue gave is lent.
  void Lend(Sequence sequence);
  void Settle(Entry& entry);
  // Takes a pending message from its loan, or from among those that wait.
  void Withdraw(Sequence sequence, const Entry& entry);
  absl::Time NextChange() const;

  std::string name_;
  std::deque<Entry> entries_;  // entries_[i] has sequence first_ + i.
  Sequence first_ = 1;
  Sequence untouched_ = 1;  // From here on nothing was ever lent.
  absl::btree_set<Sequence>
      returned_;  // Below untouched_, due, on loan to nobody.
  std::set<std::pair<absl::Time, Sequence>> deferred_;  // Not due yet.
  std::map<std::uint64_t, Loan> loans_;
  DeadLetterBox dead_letters_;

  std::int64_t accepted_ = 0;
  std::int64_t delivered_ = 0;
  std::int64_t dropped_ = 0;  // Dead letters that were too old.
  std::int64_t purged_ = 0;
  std::int64_t duplicates_ = 0;
  std::int64_t pending_ = 0;
  std::int64_t pending_bytes_ = 0;
};

}  // namespace segrid::queue::memory

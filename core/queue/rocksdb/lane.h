// One lane of the durable store as memory knows it: where its pending messages
// lie, and to whom they are lent. Reads and writes nothing.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/queue/message.h"
#include "core/queue/queue.h"
#include "core/queue/rocksdb/dead_index.h"
#include "core/queue/rocksdb/spans.h"
#include "core/queue/stats.h"

namespace segrid::queue::rocksdb {

using LaneId = std::uint32_t;

// A stored chunk: `count` messages from its first sequence on.
struct ChunkInfo {
  std::uint32_t count = 0;
  std::uint32_t bytes = 0;  // Bytes of JSON.
  absl::Time accepted_time{};
};

// The counters that are stored; the rest of LaneStats follows from the chunks
// and the dead letters.
struct Ledger {
  std::int64_t accepted = 0;
  std::int64_t delivered = 0;
  std::int64_t dropped = 0;  // Not kept any more: too old, lost or purged.
  std::int64_t duplicates = 0;
  std::int64_t pending_bytes = 0;
  std::int64_t purged = 0;  // Those of `dropped` that an operator deleted.
};

// Where each message of a chunk ends, counted in JSON bytes from its beginning.
using Ends = std::shared_ptr<const std::vector<std::uint32_t>>;

// Messages of one chunk that may be lent together.
struct DueRun {
  Range range{};
  std::int32_t attempts = 0;
  Sequence chunk = 0;
  ChunkInfo info{};
};

// The changes of a settlement.
struct Settled {
  std::int64_t count = 0;
  std::vector<Sequence> chunks{};  // Nothing of them is pending any more.
};

// Not thread-safe.
class Lane {
 public:
  // Nothing is pending below `cursor`, and nothing is stored from there on.
  Lane(std::string name, LaneId id, Sequence cursor)
      : name_(std::move(name)), id_(id), next_(cursor), spans_(cursor) {}

  const std::string& name() const { return name_; }
  LaneId id() const { return id_; }
  Sequence next() const { return next_; }  // The next message's.
  Sequence cursor() const { return spans_.first(); }
  std::vector<Range> gone() const { return spans_.Gone(); }
  const absl::btree_map<Sequence, ChunkInfo>& chunks() const { return chunks_; }
  // Where the bodies begin that are still needed.
  Sequence oldest_chunk() const {
    return chunks_.empty() ? next_ : chunks_.begin()->first;
  }

  // Adds stored messages at the end, of which those below the cursor are
  // settled. Does not change the ledger.
  void AddChunk(Sequence first, const ChunkInfo& info);
  // Marks messages as settled that were so before this process began.
  void RestoreGone(Range range);

  // Ends loans and deferrals whose time has come.
  void MakeDue(absl::Time now);
  // The oldest messages that may be lent. Call MakeDue first.
  std::optional<DueRun> NextDue() const;
  // The same of a range, where deferred ones are due, too.
  std::optional<DueRun> NextDueIn(const Range& range) const;
  // Lends a part of what NextDue gave; then AddLoan once for all parts.
  void Lend(const DueRun& run, std::uint64_t lease_id, Ends ends);
  void AddLoan(std::uint64_t lease_id, absl::Time expires);
  absl::Status Renew(std::uint64_t lease_id, absl::Time expires,
                     absl::Time now);
  void Defer(const Settlement& settlement, const Deferral& deferral,
             absl::Time now);
  // When MakeDue may next change something.
  absl::Time NextChange() const;

  // The parts of `ranges` that are pending; on loan to `lease_id`.
  std::vector<Range> PendingIn(const std::vector<Range>& ranges);
  std::vector<Range> LentIn(const std::vector<Range>& ranges,
                            std::uint64_t lease_id) const;
  // How many messages of `ranges` are on loan, to anybody.
  std::int64_t CountLent(const std::vector<Range>& ranges) const;
  // Chunks whose message sizes Settle(ranges) needs and does not know.
  std::vector<Sequence> ChunksToMeasure(const std::vector<Range>& ranges) const;
  void SetEnds(Sequence chunk, Ends ends) { ends_[chunk] = std::move(ends); }
  // Settles pending messages, and takes their bytes out of the ledger.
  Settled Settle(const std::vector<Range>& ranges);
  // Settles all pending messages, whose sizes need not be known.
  Settled SettleAll();

  // How often a pending message was attempted.
  std::int32_t AttemptsOf(Sequence sequence) const {
    return spans_.At(sequence).attempts;
  }
  // The chunk that `sequence` is in; it must be pending.
  std::pair<Sequence, ChunkInfo> ChunkOf(Sequence sequence) const;

  std::int64_t pending() const { return pending_; }
  std::int64_t bytes() const {
    return ledger.pending_bytes + dead_letters.bytes();
  }
  Progress GetProgress(const Ticket& ticket) const;
  std::int64_t CountPendingUntil(absl::Time time) const;
  LaneStats stats() const;

  Ledger ledger;
  DeadIndex dead_letters;

 private:
  using Chunks = absl::btree_map<Sequence, ChunkInfo>;

  Chunks::const_iterator Holder(Sequence sequence) const;
  // The part of `range`, whose messages are due, that lies in its first chunk.
  DueRun RunOf(const Range& range, std::int32_t attempts) const;
  bool IsGone(Range range) const;
  // JSON bytes of a part of a chunk.
  std::int64_t BytesOf(Chunks::const_iterator chunk, Range part) const;
  void DropLoanIfEmpty(std::uint64_t lease_id);

  const std::string name_;
  const LaneId id_;
  Sequence next_;
  Chunks chunks_;  // Something of them is pending; by their first sequence.
  Spans spans_;
  std::map<Sequence, Ends> ends_;              // For chunks that were lent.
  std::map<std::uint64_t, absl::Time> loans_;  // When they run out.
  std::int64_t pending_ = 0;
};

}  // namespace segrid::queue::rocksdb

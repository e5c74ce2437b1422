// One commit: what many callers asked for, as one batch of writes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/queue/rocksdb/body.h"
#include "core/queue/rocksdb/books.h"
#include "core/queue/rocksdb/calls.h"
#include "core/queue/rocksdb/commit_records.h"
#include "core/queue/rocksdb/database.h"
#include "core/queue/rocksdb/options.h"
#include "core/queue/rocksdb/staged_appends.h"
#include "rocksdb/write_batch.h"

namespace segrid::queue::rocksdb {

// Add calls, Prepare, Build, write the batch, Publish. Appended messages are in
// the books only after Publish; all else is there at once, so a commit that
// cannot be written makes the books worthless: load them again. The next commit
// may be prepared before this one is written and published, if it is written
// after it; not one with a call that WaitsForCommits(). Not thread-safe: all
// but Build… need whatever guards the books.
class Commit {
 public:
  explicit Commit(const CommitDeps& deps);
  Commit(const Commit&) = delete;
  Commit& operator=(const Commit&) = delete;

  // Does what the call asks for and sets its result. The call must outlive the
  // commit: its JSON is not copied.
  void Add(Call& call);
  // Drops dead letters that are too old from all lanes.
  void DropOverdue();
  // Deletes the bodies of delivered chunks where they are at least
  // `min_bytes`.
  void Sweep(std::int64_t min_bytes);
  // Deletes records of delivered chunks whose ids are not remembered any more,
  // at most `max_records` of a lane.
  void SweepRecords(int max_records);

  // True when nothing needs to be written.
  bool empty() const { return !records_.changed(); }
  // True when somebody is promised that it is on the disk.
  bool needs_sync() const { return records_.needs_sync(); }

  // Adds the records of all lanes, whether they changed or not: for repair.
  void RewriteAll();
  // After the last call: adds the lanes' records.
  void Prepare();
  // Does a part of Build()'s work ahead, between calls.
  void BuildAhead() { appends_.PackFull(); }
  // Adds what is appended, which takes the time to pack and copy it.
  void Build() { appends_.Build(); }
  ::rocksdb::WriteBatch& batch() { return records_.batch(); }
  // After the batch was written.
  void Publish();
  // Lanes that have something to take now.
  const std::vector<std::string>& ready_lanes() const {
    return appends_.ready_lanes();
  }

 private:
  void Do(AppendCall& call);
  void Do(AckCall& call);
  void Do(DeadLetterCall& call);
  void Do(ReplayCall& call);
  void Do(PurgeCall& call);
  void Do(DropCall& call);
  void Do(EraseCall& call);

  // Settles pending messages of a lane: deletes bodies that nobody needs.
  absl::StatusOr<std::int64_t> Settle(LaneBook& book,
                                      const std::vector<Range>& ranges);
  absl::Status Measure(LaneBook& book, const std::vector<Range>& ranges);
  absl::StatusOr<Body> ReadBody(const LaneBook& book, Sequence chunk) const;
  // Those for which there is room.
  absl::Status MoveToDead(LaneBook& book, const std::vector<Range>& ranges,
                          const Death& death);
  // False when there is no room for all of them.
  absl::StatusOr<bool> MakeLetters(const LaneBook& book,
                                   const std::vector<Range>& ranges,
                                   const Death& death,
                                   std::vector<DeadLetter>& letters);
  // Deletes a dead letter because it is too old; because an operator said so.
  void DropDeadLetter(LaneBook& book, std::uint64_t id);
  void PurgeDeadLetter(LaneBook& book, std::uint64_t id);

  // Settles messages of a chunk and overwrites them, also those that are
  // settled already.
  absl::Status EraseIn(LaneBook& book, const EraseCall::InChunk& chunk,
                       bool dry_run, ErasedLane& erased);
  absl::Status EraseAnswer(LaneBook& book, std::uint64_t id);

  const RocksOptions& options_;
  const Database& database_;
  Books& books_;
  const absl::Time now_;

  CommitRecords records_;
  StagedAppends appends_;
};

}  // namespace segrid::queue::rocksdb

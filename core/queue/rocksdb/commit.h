// One commit: what many callers asked for, as one batch of writes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/queue/rocksdb/body.h"
#include "core/queue/rocksdb/books.h"
#include "core/queue/rocksdb/calls.h"
#include "core/queue/rocksdb/database.h"
#include "core/queue/rocksdb/options.h"
#include "rocksdb/write_batch.h"

namespace segrid::queue::rocksdb {

// What a commit needs; all must outlive it.
struct CommitEnvironment {
  const RocksOptions& options;
  const Database& database;
  Books& books;
  ::rocksdb::WriteBatch& batch;  // To fill; kept for its memory.
  absl::Time now;
};

// Add calls, Prepare, Build, write the batch, Publish. Appended messages are in
// the books only after Publish; all else is there at once, so a commit that
// cannot be written makes the books worthless: load them again. The next commit
// may be prepared before this one is written and published, if it is written
// after it; not one with a call that WaitsForCommits(). Not thread-safe: all
// but Build… need whatever guards the books.
class Commit {
 public:
  explicit Commit(const CommitEnvironment& environment);
  ~Commit();
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
  bool empty() const { return !changed_; }
  // True when somebody is promised that it is on the disk.
  bool needs_sync() const { return needs_sync_; }

  // Adds the records of all lanes, whether they changed or not: for repair.
  void RewriteAll();
  // After the last call: adds the lanes' records.
  void Prepare();
  // Does a part of Build()'s work ahead, between calls.
  void BuildAhead();
  // Adds what is appended, which takes the time to pack and copy it.
  void Build();
  ::rocksdb::WriteBatch& batch() { return batch_; }
  // After the batch was written.
  void Publish();
  // Lanes that have something to take now.
  const std::vector<std::string>& ready_lanes() const { return ready_lanes_; }

 private:
  struct Staged;  // commit_append.cc

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
  absl::Status Bury(LaneBook& book, const std::vector<Range>& ranges,
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

  // commit_append.cc
  absl::Status CheckRoom(const AppendCall& call,
                         const std::vector<std::vector<bool>>& fresh);
  // Stages one of the call's chunks.
  LaneAppend Stage(const AppendCall& call, std::size_t chunk,
                   const std::vector<bool>& fresh);
  // Messages of a chunk, all of them as packed, or a run of them.
  void StagePacked(LaneBook& book, const AppendCall& call, std::size_t chunk);
  void StageRun(LaneBook& book, const Chunk& chunk,
                const std::vector<IdHash>& ids, Range places);
  // After messages were added to `staged`.
  void Count(Staged& staged, std::size_t messages, std::int64_t bytes);
  void StageReplay(LaneBook& book, DeadLetter letter);
  // The chunk that the lane's next messages go to.
  Staged& OpenChunk(LaneBook& book, bool replay, std::size_t messages = 1,
                    std::size_t bytes = 1);
  void Touch(LaneBook& book);
  void WriteLane(LaneBook& book);
  // A record of Family::kLanes, and its copy.
  template <class Record>
  void PutTwice(const std::string& key, const Record& record);
  void Put(Family family, std::string_view key, const std::string& value);
  void Delete(Family family, std::string_view key);

  const RocksOptions& options_;
  const Database& database_;
  Books& books_;
  ::rocksdb::WriteBatch& batch_;
  const absl::Time now_;

  std::deque<Staged> staged_;
  std::vector<LaneBook*> touched_;
  std::vector<std::string> ready_lanes_;
  std::int64_t total_bytes_ = 0;  // Of the store, with what is staged.
  std::int64_t accepted_ = 0;
  std::uint64_t number_ = 0;  // Of this commit; since Prepare().
  bool changed_ = false;
  bool needs_sync_ = false;
};

}  // namespace segrid::queue::rocksdb

// The part of a commit that adds messages.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/queue/rocksdb/books.h"
#include "core/queue/rocksdb/calls.h"
#include "core/queue/rocksdb/commit_records.h"
#include "core/queue/rocksdb/options.h"
#include "core/queue/rocksdb/staged_chunk.h"

namespace segrid::queue::rocksdb {

// Checks what is appended for duplicates and room, and collects it in chunks.
// It is in the books only after Publish(). The calls must outlive this: their
// JSON is not copied. Not thread-safe: all but PackFull() and Build() need
// whatever guards the books.
class StagedAppends {
 public:
  // `records` must outlive this.
  StagedAppends(const CommitDeps& deps, CommitRecords& records);
  StagedAppends(const StagedAppends&) = delete;
  StagedAppends& operator=(const StagedAppends&) = delete;

  // All of the call or, with RESOURCE_EXHAUSTED, nothing.
  absl::StatusOr<AppendResult> Append(const AppendCall& call);
  // Adds a dead letter's message; there is always room for it.
  void Replay(LaneBook& book, DeadLetter letter);

  // Compresses the frames that are full: a part of Build()'s work, ahead.
  void PackFull();
  // Adds the chunks to the records. Call after CommitRecords::Prepare().
  void Build();
  // After the batch was written.
  void Publish();

  // New messages, without duplicates and replayed ones.
  std::int64_t accepted() const { return accepted_; }
  // Lanes that have something to take since Publish().
  const std::vector<std::string>& ready_lanes() const { return ready_lanes_; }

 private:
  absl::Status CheckRoom(const AppendCall& call,
                         const std::vector<std::vector<bool>>& fresh);
  // Stages one of the call's chunks.
  LaneAppend Stage(const AppendCall& call, std::size_t place,
                   const std::vector<bool>& fresh);
  // Messages of a chunk, all of them as packed, or a run of them.
  void StagePacked(LaneBook& book, const AppendCall& call, std::size_t place);
  void StageRun(LaneBook& book, const Chunk& chunk,
                const std::vector<IdHash>& ids, Range places);
  // After messages were added to `staged`.
  void Count(StagedChunk& staged, std::size_t messages, std::int64_t bytes);
  // The chunk that the lane's next messages go to.
  StagedChunk& OpenChunk(LaneBook& book, bool replay, std::size_t messages = 1,
                         std::size_t bytes = 1);

  const RocksOptions& options_;
  Books& books_;
  CommitRecords& records_;
  const absl::Time now_;

  std::deque<StagedChunk> staged_;
  std::vector<std::string> ready_lanes_;
  std::int64_t total_bytes_ = 0;  // The store's, with what is staged.
  std::int64_t accepted_ = 0;
};

}  // namespace segrid::queue::rocksdb

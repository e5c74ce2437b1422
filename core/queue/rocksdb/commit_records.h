// The records that one commit writes.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/queue/rocksdb/books.h"
#include "core/queue/rocksdb/database.h"
#include "core/queue/rocksdb/options.h"
#include "rocksdb/slice.h"
#include "rocksdb/write_batch.h"

namespace segrid::queue::rocksdb {

// All that a commit needs; it must outlive the commit.
struct CommitDeps {
  const RocksOptions& options;
  const Database& database;
  Books& books;
  ::rocksdb::WriteBatch& batch;  // To fill; kept for its memory.
  absl::Time now;
};

// Fills the batch of one commit, and knows which lanes changed, so that their
// records are written once. Not thread-safe: all but Put need whatever guards
// the books.
class CommitRecords {
 public:
  // Clears the batch.
  explicit CommitRecords(const CommitDeps& deps);
  CommitRecords(const CommitRecords&) = delete;
  CommitRecords& operator=(const CommitRecords&) = delete;

  void Put(Family family, std::string_view key, const std::string& value);
  void Put(Family family, std::string_view key,
           const std::vector<::rocksdb::Slice>& value);
  void Delete(Family family, std::string_view key);
  // From `begin` up to and without `end`.
  void DeleteRange(Family family, std::string_view begin, std::string_view end);

  // The lane's record changes, so Prepare() adds it.
  void Touch(LaneBook& book);
  void TouchAll();
  // Somebody is promised that the commit is on the disk.
  void NeedSync() { needs_sync_ = true; }

  // Adds the records of the lanes and of the store, if anything changed;
  // `accepted` messages are new with this commit.
  void Prepare(std::int64_t accepted);

  // True when there is something to write.
  bool changed() const { return changed_; }
  bool needs_sync() const { return needs_sync_; }
  // The commit's number; since Prepare().
  std::uint64_t number() const { return number_; }
  ::rocksdb::WriteBatch& batch() { return batch_; }

 private:
  void WriteLane(LaneBook& book);
  // A record of Family::kLanes, and its copy.
  template <class Record>
  void PutTwice(const std::string& key, const Record& record);

  const Database& database_;
  Books& books_;
  ::rocksdb::WriteBatch& batch_;

  std::vector<LaneBook*> touched_;
  std::uint64_t number_ = 0;
  bool changed_ = false;
  bool needs_sync_ = false;
};

}  // namespace segrid::queue::rocksdb

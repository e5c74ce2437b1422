// RocksDB as the store uses it: five column families, one writer.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/queue/rocksdb/records.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"

namespace segrid::queue::rocksdb {

// UNAVAILABLE/QUEUE_UNAVAILABLE, or DATA_LOSS/QUEUE_CORRUPT. `what` was tried.
absl::Status FromRocks(const ::rocksdb::Status& status, std::string_view what);

// DATA_LOSS/QUEUE_CORRUPT: says what is damaged and which command helps.
absl::Status Corrupt(std::string_view what);
// Says what is damaged, without that advice: for the commands themselves.
std::string DamageOf(const absl::Status& status);

// UNAVAILABLE/QUEUE_UNAVAILABLE: less than `reserve_bytes` are free.
absl::Status DiskFull(std::int64_t reserve_bytes);

enum class OpenMode {
  kNormal,    // Refuses a damaged log, but not one that ends too early.
  kReadOnly,  // The same without changing a byte.
  kSkim,      // The same, and skips what is damaged: for its catalog of files.
};

// Ownership:     keeps no reference but `env` and what `on_warning` refers to.
// Thread safety: any thread; Write from one at a time.
// Blocking:      all of it may wait for the disk.
// Errors:        as FromRocks.
class Database {
 public:
  static absl::StatusOr<std::unique_ptr<Database>> Open(
      const std::string& path, OpenMode mode, ::rocksdb::Env* env,
      std::function<void(std::string_view text)> on_warning = {});
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  ::rocksdb::ColumnFamilyHandle* family(Family family) const {
    return handles_[static_cast<std::size_t>(family)];
  }

  // The names of its sorted files.
  std::set<std::string> files() const;

  // All of the batch or nothing; with `sync` it is on the disk then.
  absl::Status Write(::rocksdb::WriteBatch& batch, bool sync);

  // nullopt: there is none. Does not look at ranges that were deleted: do not
  // ask for what is below a lane's cursor.
  absl::StatusOr<std::optional<std::string>> Get(Family family,
                                                 std::string_view key) const;

  // Calls `visit` with each key from `first` on until it returns false.
  absl::Status ForEach(
      Family family, std::string_view first,
      const std::function<bool(std::string_view key, std::string_view value)>&
          visit) const;

  // Gives the disk space of the keys in [first, end) back. They must be
  // deleted.
  absl::Status Reclaim(Family family, std::string_view first,
                       std::string_view end);

  // Makes `path`, which is not there, a copy of the database of one moment:
  // with links to its sorted files, and copies of the rest.
  absl::Status MakeCheckpoint(const std::string& path) const;

  // Makes new files of all that the families hold, and deletes the log and the
  // files from before, so that no file has what was deleted or overwritten.
  absl::Status RewriteFiles(const std::vector<Family>& families);

 private:
  Database() = default;

  std::unique_ptr<::rocksdb::Env> guard_;  // Outlives the database.
  std::unique_ptr<::rocksdb::DB> db_;
  std::array<::rocksdb::ColumnFamilyHandle*, kFamilyCount> handles_{};
};

}  // namespace segrid::queue::rocksdb

// The store's directory with everything open in it.

#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/queue/rocksdb/books.h"
#include "core/queue/rocksdb/database.h"
#include "core/queue/rocksdb/directory.h"
#include "core/queue/rocksdb/options.h"
#include "core/queue/rocksdb/reserve.h"
#include "core/queue/rocksdb/watermark.h"

namespace segrid::queue::rocksdb {

// DATA_LOSS/QUEUE_CORRUPT when acknowledged commits up to `mark` are missing in
// `books`.
absl::Status CheckMark(const Books& books, const std::optional<Mark>& mark);

// DATA_LOSS/QUEUE_CORRUPT when the file does not say what it should: then
// nobody knows whether the end of the log is missing. The store can be used all
// the same.
absl::Status CheckWatermark(const Books& books,
                            const Watermark::Content& content);

// Thread safety: as Database, but Reopen, which must be alone.
// Blocking:      all of it waits for the disk.
class Disk {
 public:
  // Errors: those of Directory::Open and Database::Open.
  static absl::StatusOr<std::unique_ptr<Disk>> Open(
      const RocksOptions& options);

  // Null after a Reopen that failed.
  Database* database() const { return database_.get(); }
  const Directory& directory() const { return *directory_; }

  // Whether a file can be written and synced; frees the reserve for that if
  // the disk is full.
  absl::Status Probe();
  // Closes the database and opens it again: the cure for what RocksDB does not
  // forgive, like a failed sync.
  absl::Status Reopen();
  // The books that the database holds, checked against the watermark.
  absl::StatusOr<std::unique_ptr<Books>> Load(absl::Time now);

  // True while there is room for appends; takes the reserve back when there is
  // room for it.
  bool HasRoom();
  // OK while the directory is where it was opened.
  absl::Status CheckPlace() const { return directory_->CheckPlace(); }
  // From now on the store is in this program's format; see Directory.
  absl::Status RaiseFormat() { return directory_->RaiseFormat(); }
  // After a commit was published: notes how far the store has come, which
  // needs whatever guards the books. Only what was `synced` is noted as such.
  void Note(const Books& books, bool synced, absl::Time now);
  // Writes what was noted into the watermark.
  void SetMark();
  // The last mark that was noted; needs whatever guards the books.
  const Mark& mark() const { return mark_; }

  // Makes `path`, a folder on the same disk that is not there, a queue of its
  // own with every commit up to `mark`, and perhaps later ones; but for its
  // FORMAT file. Any thread.
  absl::Status MakeSnapshot(const std::string& path, const Mark& mark) const;

 private:
  Disk(const RocksOptions& options, std::unique_ptr<Directory> directory,
       std::unique_ptr<Watermark> watermark);

  ::rocksdb::Env* env() const;
  absl::Status WriteProbe();

  const RocksOptions& options_;
  const std::unique_ptr<Directory> directory_;
  const std::unique_ptr<Watermark> watermark_;
  Reserve reserve_;
  Mark mark_;  // As written last.
  std::unique_ptr<Database> database_;
};

}  // namespace segrid::queue::rocksdb

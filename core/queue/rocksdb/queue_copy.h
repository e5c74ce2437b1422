// The copying process's part of a backup: a queue that does not change while it
// is copied.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/queue/rocksdb/backup_request.h"
#include "core/queue/rocksdb/directory.h"

namespace segrid::queue::rocksdb {

// The files of a queue, of one moment: those of a stopped server, whose start
// is held up meanwhile, or a snapshot that the running one makes.
//
// Ownership:     until it ends, the server keeps the snapshot.
// Thread safety: none.
class QueueCopy {
 public:
  // Waits until the server has made a snapshot.
  //
  // NOT_FOUND/NO_QUEUE:                 there is no queue.
  // FAILED_PRECONDITION/BACKUP_RUNNING: another backup is being made.
  // FAILED_PRECONDITION/BAD_DATA_DIR:   this process may not read it.
  // DEADLINE_EXCEEDED/NO_SNAPSHOT:      the server made none within `patience`.
  // UNAVAILABLE/NO_SNAPSHOT:            it says why it makes none.
  static absl::StatusOr<std::unique_ptr<QueueCopy>> Open(
      const std::string& queue_directory, absl::Duration patience);

  // Says to the server that the copy failed, unless Done() was called.
  ~QueueCopy();
  QueueCopy(const QueueCopy&) = delete;
  QueueCopy& operator=(const QueueCopy&) = delete;

  // The folder with the queue's files: FORMAT, watermark, db/.
  const std::string& path() const { return path_; }
  // Whether a server runs.
  bool hot() const { return directory_ == nullptr; }
  // The copy is whole and has so many bytes. Says so to the server, and waits
  // some seconds until it has deleted its snapshot.
  void Done(std::int64_t bytes);
  // The same: why the copy is not whole.
  void Failed(std::string_view why);

 private:
  explicit QueueCopy(std::string queue_directory)
      : queue_directory_(std::move(queue_directory)) {}

  void End(BackupRequest::Kind kind, std::string_view detail);
  // Asks for a snapshot, and waits.
  absl::Status Ask(absl::Duration patience);

  const std::string queue_directory_;
  std::string path_{};
  std::unique_ptr<Directory> directory_{};    // Locked: the server is stopped.
  std::unique_ptr<BackupRequest> request_{};  // Null: the server is stopped.
  bool said_ = false;
};

}  // namespace segrid::queue::rocksdb

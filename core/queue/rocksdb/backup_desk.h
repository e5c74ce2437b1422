// The server's part of a backup: makes the snapshot that another process
// copies.

#pragma once

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "core/queue/rocksdb/backup_request.h"
#include "core/queue/rocksdb/shared.h"
#include "core/queue/stats.h"

namespace segrid::queue::rocksdb {

// Looks for a request, makes the snapshot, and deletes it when the process that
// asked is done or gone. A snapshot is a queue of its own, of one moment
// between two commits: it has every commit that was acknowledged before it was
// asked for. Its sorted files are links to those of the database, which are
// never written again; its log is a copy.
//
// Ownership:     keeps a reference to `shared`.
// Thread safety: Look from one thread, the others from any.
// Blocking:      Look copies the log, of some 100 MB at most.
class BackupDesk {
 public:
  explicit BackupDesk(Shared& shared);

  void Look();
  BackupStats stats() const;
  // Whether files are kept for a backup that is being made.
  bool busy() const;

 private:
  absl::Status MakeSnapshot();
  void RemoveSnapshot();
  // The process that asked is gone.
  void End(BackupRequest& request);
  void Fail(std::string why);

  Shared& shared_;
  const std::string directory_;
  bool looked_ = false;  // Since the store was opened.

  mutable absl::Mutex mu_;
  BackupStats stats_ ABSL_GUARDED_BY(mu_);
  bool busy_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace segrid::queue::rocksdb

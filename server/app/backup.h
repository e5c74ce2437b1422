// segrid-server backup: a copy of the data directory of a running or a stopped
// server.

#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace segrid::app {

struct BackupReport {
  std::string directory{};  // Where the backup is.
  std::int64_t bytes = 0;
  std::int64_t files = 0;
  bool hot = false;  // The server runs.
};

// Makes `target` a data directory of its own: the queue as of one moment, and
// the files of receivers as of a later one, so that what the queue says was
// delivered is in them. It is written beside `target`, as `target.unfinished`,
// and gets its name when all of it is on the disk; after an error nothing is
// left. A server whose queue does not answer for `patience` is given up.
//
// Blocking: copies everything.
// Errors:   as QueueCopy::Open and DataCopy, and
// FAILED_PRECONDITION/BAD_TARGET: `target` is there and not empty, lies in the
//                                 data directory, or cannot be made.
absl::StatusOr<BackupReport> BackUp(const std::string& data_dir,
                                    const std::string& target,
                                    absl::Duration patience);

}  // namespace segrid::app

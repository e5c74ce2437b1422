// The log lines of backups of the running server.

#pragma once

#include <cstdint>

#include "core/queue/stats.h"
#include "server/logging/log.h"

namespace segrid::app {

// A line when a backup was made or failed since the last look.
//
// Ownership:     keeps a reference to the log.
// Thread safety: none: one thread looks.
class BackupLog {
 public:
  explicit BackupLog(logging::Log& log) : log_(log) {}

  void OnLook(const queue::BackupStats& stats);

 private:
  logging::Log& log_;
  std::int64_t done_ = 0;
  std::int64_t failed_ = 0;
};

}  // namespace segrid::app

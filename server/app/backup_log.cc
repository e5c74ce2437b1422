#include "server/app/backup_log.h"

#include <utility>

namespace segrid::app {

void BackupLog::OnLook(const queue::BackupStats& stats) {
  if (stats.failed > std::exchange(failed_, stats.failed)) {
    log_.Warning("a backup failed, and nothing is left of it",
                 {{"detail", stats.last_error}});
  }
  if (stats.done > std::exchange(done_, stats.done)) {
    log_.Info("a backup was made", {{"bytes", stats.last_bytes}});
  }
}

}  // namespace segrid::app

// What the program does from time to time while it serves.

#pragma once

#include <atomic>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/pool/serial_thread.h"
#include "server/app/application.h"
#include "server/app/memory_trimmer.h"
#include "server/app/reload_requests.h"
#include "server/app/supervisor.h"

namespace segrid::app {

// Tells the service manager that the service lives, has the reloader look
// whether files changed, and gives memory back after peaks. Uses real time.
//
// Ownership:     keeps references, which must outlive it; owns a thread for
// what
//                takes long.
// Thread safety: none; one thread calls.
// Blocking:      never.
class Chores {
 public:
  Chores(Application& application, const Supervisor& supervisor,
         ReloadRequests& reloads)
      : application_(application), supervisor_(supervisor), reloads_(reloads) {}

  // How often DoWhatIsDue wants to be called.
  absl::Duration interval() const;

  void DoWhatIsDue();

 private:
  Application& application_;
  const Supervisor& supervisor_;
  ReloadRequests& reloads_;
  absl::Time alive_at_ = absl::InfinitePast();
  absl::Time looked_at_ = absl::Now();
  // In the thread only.
  base::SystemClock clock_;
  MemoryTrimmer trimmer_{
      ProcessMemory([this] { application_.DropSpareMemory(); })};
  std::atomic<bool> is_trimming_ = false;
  pool::SerialThread thread_{"memory"};  // Last: it uses the others.
};

}  // namespace segrid::app

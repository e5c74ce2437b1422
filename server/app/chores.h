// What the program does from time to time while it serves.

#pragma once

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/app/application.h"
#include "server/app/reload_requests.h"
#include "server/app/supervisor.h"

namespace segrid::app {

// Tells the service manager that the service lives, and has the reloader look
// whether files changed. Uses real time.
//
// Ownership:     keeps references, which must outlive it.
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
};

}  // namespace segrid::app

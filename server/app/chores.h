// What the program does from time to time while it serves.

#pragma once

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/app/application.h"
#include "server/app/reloader.h"
#include "server/app/service_manager.h"

namespace segrid::app {

// Tells the service manager that the service lives, and looks whether files
// changed. Uses real time.
//
// Ownership:     keeps references, which must outlive it.
// Thread safety: none; one thread calls.
// Blocking:      reads files when they changed.
class Chores {
 public:
  Chores(Application& application, const ServiceManager& manager,
         Reloader& reloader)
      : application_(application), manager_(manager), reloader_(reloader) {}

  // How often DoWhatIsDue wants to be called.
  absl::Duration interval() const;

  void DoWhatIsDue();

 private:
  Application& application_;
  const ServiceManager& manager_;
  Reloader& reloader_;
  absl::Time alive_at_ = absl::InfinitePast();
  absl::Time looked_at_ = absl::Now();
};

}  // namespace segrid::app

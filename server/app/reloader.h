// A new configuration for the running service.

#pragma once

#include <string>

#include "absl/time/time.h"
#include "server/app/application.h"
#include "server/app/command_line.h"
#include "server/app/supervisor.h"
#include "server/logging/log.h"

namespace segrid::app {

// What the reloader works with. All must outlive it.
struct ReloadEnvironment {
  const CommandLine& line;
  Application& application;
  logging::Log& log;
  const Supervisor& supervisor;
};

// Loads the configuration again and gives the service what of it can change
// while it runs; see Application::Reload. A file that is wrong changes nothing,
// and the log says what is wrong with it.
//
// Thread safety: none; one thread calls.
// Blocking:      reads files.
class Reloader {
 public:
  explicit Reloader(ReloadEnvironment environment)
      : environment_(environment), seen_(Fingerprint()) {}

  void Reload();
  // The same when the configuration's file, or a certificate, has another
  // time, size or place than when it was last loaded.
  void ReloadIfChanged();

 private:
  std::string Fingerprint() const;

  const ReloadEnvironment environment_;
  std::string seen_;
};

}  // namespace segrid::app

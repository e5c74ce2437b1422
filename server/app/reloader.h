// A new configuration for the running service.

#pragma once

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
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
// Ownership:     owns the thread that reads: a file may be on a disk that does
//                not answer, and signals must be heard.
// Thread safety: any thread.
// Blocking:      the destructor waits for a reload that runs; see
//                base::ReadFile. Nothing else.
class Reloader {
 public:
  explicit Reloader(ReloadEnvironment environment);
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // Reloads soon. Requests that come while one waits are one.
  void Request() ABSL_LOCKS_EXCLUDED(mu_);
  // The same when the configuration's file, or a certificate that it names or
  // that is in use, has another time, size or place than when it was last read.
  void RequestIfChanged() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Run();
  void Reload();
  // Remembers how the files look now.
  void See(const std::vector<std::string>& paths);
  bool HasChanged() const;

  const ReloadEnvironment environment_;
  // By path: how the files looked. Only the thread's, once it runs.
  std::map<std::string, std::string> seen_;

  absl::Mutex mu_;
  bool reload_ ABSL_GUARDED_BY(mu_) = false;
  bool look_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace segrid::app

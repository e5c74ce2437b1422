// A new configuration for the running service.

#pragma once

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/app/application.h"
#include "server/app/command_line.h"
#include "server/app/reload_requests.h"
#include "server/app/reload_result.h"
#include "server/app/settings.h"
#include "server/app/supervisor.h"
#include "server/logging/log.h"

namespace segrid::app {

// What the reloader works with. All references must outlive it.
struct ReloaderDeps {
  const CommandLine& line;
  Application& application;
  logging::Log& log;
  const Supervisor& supervisor;
  ReloadRequests& requests;
  Settings started;  // What the application was started with.
  // Between the two looks at a file that must say the same.
  absl::Duration settle = absl::Milliseconds(200);
};

// Loads the configuration again and gives the service what of it can change
// while it runs; see Application::Reload. A file is taken only when it, what it
// includes and the certificates that it names read the same twice; when it is
// right; and when it takes no protection away (reload_rules.h). Else nothing
// changes, and the log says why.
//
// Ownership:     owns the thread that reads: a file may be on a disk that does
//                not answer, and signals must be heard.
// Thread safety: none; what is wanted goes through ReloadRequests.
// Blocking:      the destructor waits for a reload that runs; see
//                base::ReadFile. It closes the requests.
class Reloader {
 public:
  explicit Reloader(ReloaderDeps deps);
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

 private:
  void Run();
  // Reloads, tells the log and the service manager, and returns what came out.
  absl::StatusOr<ReloadResult> Reload(const std::vector<std::string>& allowed);
  absl::StatusOr<ReloadResult> Take(const std::vector<std::string>& allowed);
  // Loads until two loads in a row give the same.
  absl::StatusOr<Settings> LoadSettled();
  // `files` gets what was read, the certificates included.
  absl::StatusOr<config::Config> Load(
      std::map<std::string, std::string>& files) const;
  void LogNewWarnings(const config::Config& config);
  void LogFailure(const absl::Status& status);
  void LogChanges(const ReloadResult& result,
                  const std::vector<std::string>& allowed);
  // Remembers how the files look now.
  void See(const std::vector<std::string>& paths);
  bool HasChanged() const;

  const ReloaderDeps deps_;
  // Only the thread's, once it runs.
  Settings accepted_;                        // What was taken last.
  std::map<std::string, std::string> seen_;  // By path: how the files looked.
  std::thread thread_;
};

}  // namespace segrid::app

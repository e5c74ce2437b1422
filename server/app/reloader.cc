#include "server/app/reloader.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "core/config/config.h"
#include "server/app/reload_changes.h"
#include "server/app/settings.h"

namespace segrid::app {
namespace {

// What changes when a file is written or replaced; "" for a missing one.
std::string Look(const std::string& path) {
  struct stat file {};
  if (path.empty() || ::stat(path.c_str(), &file) != 0) return "";
  std::string look;
  for (const auto number :
       {static_cast<long>(file.st_ino), static_cast<long>(file.st_size),
        static_cast<long>(file.st_mtim.tv_sec), file.st_mtim.tv_nsec}) {
    look.append(std::to_string(number)).append(" ");
  }
  return look;
}

}  // namespace

Reloader::Reloader(ReloadEnvironment environment) : environment_(environment) {
  See({environment_.line.config_file});
  See(environment_.application.certificate_files());
  thread_ = std::thread([this] { Run(); });
}

Reloader::~Reloader() {
  {
    absl::MutexLock lock(&mu_);
    ended_ = true;
  }
  thread_.join();
}

void Reloader::Request() {
  absl::MutexLock lock(&mu_);
  reload_ = true;
}

void Reloader::RequestIfChanged() {
  absl::MutexLock lock(&mu_);
  look_ = true;
}

void Reloader::Run() {
  const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return ended_ || reload_ || look_;
  };
  for (;;) {
    bool reload = false;
    {
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(&has_work));
      if (ended_) return;
      reload = std::exchange(reload_, false);
      look_ = false;
    }
    if (reload || HasChanged()) Reload();
  }
}

void Reloader::Reload() {
  environment_.supervisor.Reloading();
  // Before they are read: what changes from now on is another change.
  seen_.clear();
  See({environment_.line.config_file});
  See(environment_.application.certificate_files());
  absl::StatusOr<config::Config> config = LoadSettings(environment_.line);
  // Also when they turn out to be bad: somebody will mend them.
  if (config.ok()) See(CertificateFiles(*config));
  absl::StatusOr<ReloadResult> result =
      config.ok() ? environment_.application.Reload(*config) : config.status();
  if (!result.ok()) {
    ++environment_.application.figures().failed_reloads;
    environment_.log.Error(
        "the configuration was not reloaded, the old one stays",
        {{"reason", std::string(result.status().message())}});
    environment_.supervisor.Ready(
        "serving; the new configuration has errors, the old one stays");
    return;
  }
  ++environment_.application.figures().reloads;
  environment_.log.Info(
      "configuration reloaded",
      {{"changed", result->changed}, {"needs_restart", result->needs_restart}});
  environment_.supervisor.Ready(result->needs_restart.empty()
                                    ? "serving"
                                    : "serving; needs a restart for " +
                                          result->needs_restart);
}

void Reloader::See(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) seen_[path] = Look(path);
}

bool Reloader::HasChanged() const {
  return std::any_of(seen_.begin(), seen_.end(), [](const auto& file) {
    return Look(file.first) != file.second;
  });
}

}  // namespace segrid::app

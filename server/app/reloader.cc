#include "server/app/reloader.h"

#include <sys/stat.h>

#include <utility>

#include "absl/status/statusor.h"
#include "core/config/config.h"
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

void Reloader::Reload() {
  // First: what changes from now on is another change.
  seen_ = Fingerprint();
  environment_.supervisor.Reloading();
  absl::StatusOr<config::Config> config = LoadSettings(environment_.line);
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
  // Its files may be others.
  seen_ = Fingerprint();
  environment_.supervisor.Ready(result->needs_restart.empty()
                                    ? "serving"
                                    : "serving; needs a restart for " +
                                          result->needs_restart);
}

void Reloader::ReloadIfChanged() {
  if (Fingerprint() != seen_) Reload();
}

std::string Reloader::Fingerprint() const {
  std::string looks = Look(environment_.line.config_file);
  for (const std::string& path : environment_.application.certificate_files()) {
    looks.append("|").append(Look(path));
  }
  return looks;
}

}  // namespace segrid::app

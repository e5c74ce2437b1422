#include "server/app/reloader.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_join.h"
#include "core/base/error_info.h"
#include "core/base/read_file.h"
#include "core/base/status_macros.h"
#include "core/base/thread_name.h"
#include "core/config/config.h"
#include "core/config/warnings.h"
#include "server/app/reload_changes.h"
#include "server/app/reload_rules.h"

namespace segrid::app {
namespace {

// After so many looks, somebody writes the file again and again.
constexpr int kMaxLooks = 25;
constexpr std::size_t kMaxCertificateBytes = 1 << 20;

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

std::vector<std::string> PathsOf(
    const std::map<std::string, std::string>& files) {
  std::vector<std::string> paths;
  for (const auto& [path, text] : files) paths.push_back(path);
  return paths;
}

}  // namespace

Reloader::Reloader(ReloaderDeps deps)
    : deps_(std::move(deps)), accepted_(deps_.started) {
  See({deps_.line.config_file});
  See(PathsOf(accepted_.files));
  See(deps_.application.certificate_files());
  thread_ = std::thread([this] { Run(); });
}

Reloader::~Reloader() {
  deps_.requests.Close();
  thread_.join();
}

void Reloader::Run() {
  base::NameThread("reload");
  ReloadRequests::Work work;
  while (deps_.requests.Take(work)) {
    for (ReloadRequests::Operator& each : work.operators) {
      each.done(Reload(each.allow_removal));
    }
    if (work.reload || (work.look && HasChanged())) (void)Reload({});
  }
}

absl::StatusOr<ReloadResult> Reloader::Reload(
    const std::vector<std::string>& allowed) {
  deps_.supervisor.Reloading();
  absl::StatusOr<ReloadResult> result = Take(allowed);
  if (!result.ok()) {
    LogFailure(result.status());
  } else {
    LogChanges(*result, allowed);
  }
  return result;
}

absl::StatusOr<ReloadResult> Reloader::Take(
    const std::vector<std::string>& allowed) {
  SEGRID_ASSIGN_OR_RETURN(Settings read, LoadSettled());
  SEGRID_RETURN_IF_ERROR(
      CheckReload(accepted_, deps_.application.config(), read, allowed));
  SEGRID_ASSIGN_OR_RETURN(ReloadResult result,
                          deps_.application.Reload(read.config));
  LogNewWarnings(read.config);
  accepted_ = std::move(read);
  return result;
}

absl::StatusOr<Settings> Reloader::LoadSettled() {
  // Before they are read: what changes from now on is another change.
  seen_.clear();
  See({deps_.line.config_file});
  See(deps_.application.certificate_files());
  std::map<std::string, std::string> before;
  absl::StatusOr<config::Config> config = Load(before);
  for (int look = 1; look < kMaxLooks; ++look) {
    // Also when it turns out to be bad: somebody will write it anew.
    See(PathsOf(before));
    if (!deps_.requests.Wait(deps_.settle)) {
      return base::MakeError(absl::StatusCode::kUnavailable, "DRAINING",
                             "the server stops and reloads nothing any more");
    }
    std::map<std::string, std::string> files;
    config = Load(files);
    if (files == before) {
      if (!config.ok()) return std::move(config).status();
      return Settings{*std::move(config), deps_.line.config_file,
                      std::move(files)};
    }
    before = std::move(files);
  }
  return base::MakeError(
      absl::StatusCode::kUnavailable, "CONFIG_CHANGES",
      "the configuration was never the same at two looks in a row, so that it "
      "may be half-written; write it once, or replace it by a rename");
}

absl::StatusOr<config::Config> Reloader::Load(
    std::map<std::string, std::string>& files) const {
  absl::StatusOr<config::Config> config = LoadSettings(deps_.line, files);
  if (!config.ok()) return config;
  for (const std::string& path : CertificateFiles(*config)) {
    if (path.empty()) continue;
    // What cannot be read is told by those who need it.
    files[path] = base::ReadFile(path, kMaxCertificateBytes).value_or("");
  }
  return config;
}

// Leaves out the warnings that were told with the configuration before.
void Reloader::LogNewWarnings(const config::Config& config) {
  const std::vector<std::string> before = config::Warnings(accepted_.config);
  for (const std::string& warning : config::Warnings(config)) {
    if (std::find(before.begin(), before.end(), warning) != before.end()) {
      continue;
    }
    deps_.log.Warning("the configuration may not be meant so",
                      {{"detail", warning}});
  }
}

void Reloader::LogFailure(const absl::Status& status) {
  ++deps_.application.figures().failed_reloads;
  deps_.log.Error("the configuration was not reloaded, the old one stays",
                  {{"detail", std::string(status.message())}});
  deps_.supervisor.Ready(
      "serving; the new configuration has errors, the old one stays");
}

void Reloader::LogChanges(const ReloadResult& result,
                          const std::vector<std::string>& allowed) {
  ++deps_.application.figures().reloads;
  if (!allowed.empty()) {
    deps_.log.Warning("an operator let a reload take something away",
                      {{"keys", absl::StrJoin(allowed, ", ")}});
  }
  for (const config::Change& change : result.changes) {
    const logging::Log::Fields fields = {
        {"key", change.key}, {"from", change.from}, {"to", change.to}};
    if (change.weakens) {
      deps_.log.Warning("a reload lets callers do more than before", fields);
    } else {
      deps_.log.Info("a reload changed a key", fields);
    }
  }
  deps_.log.Info("configuration reloaded",
                 {{"changed", result.changed()},
                  {"needs_restart", result.needs_restart()}});
  deps_.supervisor.Ready(result.waiting.empty()
                             ? "serving"
                             : "serving; needs a restart for " +
                                   result.needs_restart());
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

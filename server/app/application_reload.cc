// The part of Application that changes while it runs.

#include "core/base/status_macros.h"
#include "server/app/application.h"
#include "server/app/reload_changes.h"

namespace segrid::app {

absl::StatusOr<ReloadResult> Application::Reload(const config::Config& config) {
  // First what can fail, and before the first change whether it will.
  if (!config.grpc.tls.cert.empty()) {
    SEGRID_RETURN_IF_ERROR(
        rpc::ReadTlsFiles(config.grpc.tls, clock_.Now()).status());
  }
  SEGRID_RETURN_IF_ERROR(doors_->Reload(config));
  SEGRID_ASSIGN_OR_RETURN(const bool new_files,
                          credentials_->Reload(config.grpc.tls, clock_.Now()));
  authorizer_->Replace(config.grpc);
  log_.SetLevel(logging::LevelFromName(config.logging.level));
  absl::MutexLock lock(&mu_);
  const config::Config now = WithReloadable(reloaded_, config);
  ReloadResult result{Differences(reloaded_, now), Differences(now, config)};
  if (new_files && result.changed.find("grpc.tls") == std::string::npos) {
    result.changed.append(result.changed.empty() ? "" : ", ")
        .append("certificates");
  }
  reloaded_ = now;
  return result;
}

std::vector<std::string> Application::certificate_files() const {
  absl::MutexLock lock(&mu_);
  const config::Tls& grpc = reloaded_.grpc.tls;
  const config::Tls& http = reloaded_.http.tls;
  return {grpc.cert, grpc.key, grpc.client_ca,
          http.cert, http.key, http.client_ca};
}

config::Reload Application::reload() const {
  absl::MutexLock lock(&mu_);
  return reloaded_.reload;
}

config::Drain Application::drain() const {
  absl::MutexLock lock(&mu_);
  return reloaded_.drain;
}

}  // namespace segrid::app

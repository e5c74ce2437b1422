// The part of Application that changes while it runs.

#include <utility>

#include "core/base/status_macros.h"
#include "server/app/application.h"
#include "server/app/reload_changes.h"
#include "server/http/tls.h"

namespace segrid::app {

absl::StatusOr<ReloadResult> Application::Reload(const config::Config& config) {
  config::Config before;
  {
    absl::MutexLock lock(&mu_);
    before = reloaded_;
  }
  const config::Config now = WithReloadable(before, config);
  // First what can fail, before the first change. Also that of which only a
  // restart makes use: it shall succeed.
  const absl::Time time = clock_.Now();
  if (!config.grpc.tls.cert.empty()) {
    SEGRID_RETURN_IF_ERROR(rpc::ReadTlsFiles(config.grpc.tls, time).status());
  }
  SEGRID_RETURN_IF_ERROR(httpd::MakeTlsContext(config.http.tls, time).status());
  SEGRID_ASSIGN_OR_RETURN(httpd::TlsContext http_tls,
                          httpd::MakeTlsContext(now.http.tls, time));
  SEGRID_ASSIGN_OR_RETURN(const bool is_new_pair,
                          credentials_->Reload(now.grpc.tls, time));
  SEGRID_ASSIGN_OR_RETURN(const bool is_new_certificate,
                          doors_->Reload(now, std::move(http_tls)));
  log_.SetLevel(logging::LevelFromName(now.logging.level));
  authorizer_->Replace(now.grpc);
  ReloadResult result{Differences(before, now), Differences(now, config)};
  if ((is_new_pair && before.grpc.tls == now.grpc.tls) ||
      (is_new_certificate && before.http.tls == now.http.tls)) {
    result.changed.append(result.changed.empty() ? "" : ", ")
        .append("certificates");
  }
  absl::MutexLock lock(&mu_);
  reloaded_ = now;
  return result;
}

std::vector<std::string> Application::certificate_files() const {
  absl::MutexLock lock(&mu_);
  return CertificateFiles(reloaded_);
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

#include "server/app/reload_call.h"

#include <utility>

#include "core/base/error_info.h"

namespace segrid::app {
namespace {

namespace api = ::segrid::v1;

constexpr int kMaxRemovals = 100;

void Fill(const ReloadResult& result, api::ReloadConfigResponse& response) {
  for (const config::Change& change : result.changes) {
    api::ConfigChange& out = *response.add_changes();
    out.set_key(change.key);
    out.set_from(change.from);
    out.set_to(change.to);
    out.set_weakens(change.weakens);
  }
  response.set_new_certificates(result.new_certificates);
  for (const config::Change& change : result.waiting) {
    response.add_restart_keys(change.key);
  }
}

void AskForReload(const api::ReloadConfigRequest& request,
                  api::ReloadConfigResponse& response, ReloadRequests& requests,
                  std::function<void(absl::Status)> done) {
  if (request.allow_removal_size() > kMaxRemovals) {
    return done(base::MakeError(
        absl::StatusCode::kInvalidArgument, "UNKNOWN_REMOVAL",
        "allow_removal has over 100 keys; name a section for all of its keys"));
  }
  requests.Ask(
      {{request.allow_removal().begin(), request.allow_removal().end()},
       [&response,
        done = std::move(done)](const absl::StatusOr<ReloadResult>& result) {
         if (result.ok()) Fill(*result, response);
         done(result.status());
       }});
}

}  // namespace

ReloadCall MakeReloadCall(ReloadRequests* requests) {
  if (requests == nullptr) return nullptr;
  return [requests](const api::ReloadConfigRequest& request,
                    api::ReloadConfigResponse& response,
                    std::function<void(absl::Status)> done) {
    AskForReload(request, response, *requests, std::move(done));
  };
}

}  // namespace segrid::app

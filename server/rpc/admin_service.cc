#include "server/rpc/admin_service.h"

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/catalog/catalog.h"
#include "core/config/source_tag.h"
#include "server/rpc/dead_letter_messages.h"
#include "server/rpc/error_status.h"
#include "server/rpc/server_status.h"
#include "server/rpc/tail_tracks.h"
#include "server/rpc/watch_status.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;

// Ends a call with what `work` returns, if its caller may have it done.
template <class Work>
grpc::ServerUnaryReactor* Do(const AdminEnvironment& environment,
                             grpc::CallbackServerContext& context, Work work) {
  absl::Status status = environment.guard.Admit(context, auth::Role::kAdmin);
  if (status.ok()) status = work();
  grpc::ServerUnaryReactor* const reactor = context.DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

void FillSource(const config::Source& from, api::Source& to) {
  to.set_name(from.name);
  to.set_label(from.label);
  to.set_receiver(from.receiver);
  to.set_tag(config::TagOf(from.name));
  for (const std::string& event : from.events) to.add_events(event);
  if (from.events.empty()) {
    for (const catalog::EventRow& row : catalog::kEvents) {
      if (row.by_default) to.add_events(std::string(row.filter));
    }
  }
  for (const std::string& type : from.email_types) to.add_email_types(type);
  if (from.email_types.empty()) {
    for (const char* type : {"singlesend", "automation", "other"}) {
      to.add_email_types(type);
    }
  }
}

}  // namespace

grpc::ServerUnaryReactor* AdminService::ListSources(
    grpc::CallbackServerContext* context, const api::ListSourcesRequest*,
    api::ListSourcesResponse* response) {
  return Do(environment_, *context, [this, response] {
    const auto config = environment_.config();
    for (const config::Source& source : config->sources) {
      api::Source& out = *response->add_sources();
      FillSource(source, out);
      const absl::StatusOr<deliver::SourceStatus> status =
          environment_.deliverer.Status(source.name);
      if (status.ok()) out.set_endpoint(status->endpoint);
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::GetStatus(
    grpc::CallbackServerContext* context, const api::GetStatusRequest*,
    api::GetStatusResponse* response) {
  return Do(environment_, *context, [this, response]() -> absl::Status {
    SEGRID_ASSIGN_OR_RETURN(*response->mutable_status(),
                            TakeServerStatus(environment_, start_time_));
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<api::WatchStatusResponse>* AdminService::WatchStatus(
    grpc::CallbackServerContext* context,
    const api::WatchStatusRequest* request) {
  const absl::Status admitted =
      environment_.guard.Admit(*context, auth::Role::kAdmin);
  const absl::StatusOr<absl::Duration> interval =
      admitted.ok() ? WatchInterval(*request) : admitted;
  auto watch = std::make_shared<class WatchStatus>(
      environment_, WatchStatus::Options{
                        interval.value_or(absl::ZeroDuration()), start_time_});
  watch->Start(interval.status());
  return watch.get();
}

grpc::ServerWriteReactor<api::TailTracksResponse>* AdminService::TailTracks(
    grpc::CallbackServerContext* context,
    const api::TailTracksRequest* request) {
  const absl::Status admitted =
      environment_.guard.Admit(*context, auth::Role::kAdmin);
  auto tail = std::make_shared<class TailTracks>(environment_, redactor_);
  tail->Start(admitted.ok() ? ReadTailRequest(*request, *environment_.config())
                            : admitted);
  return tail.get();
}

grpc::ServerUnaryReactor* AdminService::PauseSource(
    grpc::CallbackServerContext* context,
    const api::PauseSourceRequest* request, api::PauseSourceResponse*) {
  return Do(environment_, *context, [this, request] {
    return environment_.deliverer.Pause(request->source());
  });
}

grpc::ServerUnaryReactor* AdminService::ResumeSource(
    grpc::CallbackServerContext* context,
    const api::ResumeSourceRequest* request, api::ResumeSourceResponse*) {
  return Do(environment_, *context, [this, request] {
    return environment_.deliverer.Resume(request->source());
  });
}

grpc::ServerUnaryReactor* AdminService::ListDeadLetters(
    grpc::CallbackServerContext* context,
    const api::ListDeadLettersRequest* request,
    api::ListDeadLettersResponse* response) {
  return InWorker(*context, [this, request, response]() -> absl::Status {
    SEGRID_ASSIGN_OR_RETURN(const queue::DeadLetterQuery query,
                            ToQuery(*request, *environment_.config()));
    SEGRID_ASSIGN_OR_RETURN(const queue::DeadLetterPage page,
                            environment_.queue.ListDeadLetters(query));
    FillPage(page, *response);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::ReplayDeadLetters(
    grpc::CallbackServerContext* context,
    const api::ReplayDeadLettersRequest* request,
    api::ReplayDeadLettersResponse* response) {
  return InWorker(*context, [this, request, response]() -> absl::Status {
    SEGRID_ASSIGN_OR_RETURN(
        const queue::DeadLetterFilter filter,
        ToFilter(request->filter(), *environment_.config()));
    SEGRID_ASSIGN_OR_RETURN(const std::int64_t count,
                            environment_.queue.ReplayDeadLetters(filter));
    response->set_replayed_count(count);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::PurgeDeadLetters(
    grpc::CallbackServerContext* context,
    const api::PurgeDeadLettersRequest* request,
    api::PurgeDeadLettersResponse* response) {
  return InWorker(*context, [this, request, response]() -> absl::Status {
    SEGRID_ASSIGN_OR_RETURN(
        const queue::DeadLetterFilter filter,
        ToFilter(request->filter(), *environment_.config()));
    SEGRID_ASSIGN_OR_RETURN(const std::int64_t count,
                            environment_.queue.PurgeDeadLetters(filter));
    response->set_purged_count(count);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::ReloadConfig(
    grpc::CallbackServerContext* context,
    const api::ReloadConfigRequest* request,
    api::ReloadConfigResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const auto finish = [reactor](const absl::Status& status) {
    reactor->Finish(ToGrpcStatus(status));
  };
  const absl::Status admitted =
      environment_.guard.Admit(*context, auth::Role::kAdmin);
  if (!admitted.ok()) {
    finish(admitted);
  } else {
    environment_.reload_config(*request, *response, finish);
  }
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::Drain(
    grpc::CallbackServerContext* context, const api::DrainRequest*,
    api::DrainResponse*) {
  return Do(environment_, *context, [this] {
    environment_.request_drain();
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::InWorker(
    grpc::CallbackServerContext& context, std::function<absl::Status()> work) {
  grpc::ServerUnaryReactor* const reactor = context.DefaultReactor();
  if (const absl::Status admitted =
          environment_.guard.Admit(context, auth::Role::kAdmin);
      !admitted.ok()) {
    reactor->Finish(ToGrpcStatus(admitted));
    return reactor;
  }
  const bool posted = worker_.Post([reactor, work = std::move(work)] {
    reactor->Finish(ToGrpcStatus(work()));
  });
  if (!posted) {
    absl::Status busy = base::MakeError(
        absl::StatusCode::kResourceExhausted, "BUSY",
        "too many calls for dead letters are waiting: try again later");
    base::SetRetryDelay(busy, absl::Seconds(1));
    reactor->Finish(ToGrpcStatus(busy));
  }
  return reactor;
}

}  // namespace segrid::rpc

#include "server/rpc/admin_service.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/catalog/catalog.h"
#include "core/config/source_tag.h"
#include "core/deliver/orphans.h"
#include "server/rpc/bytes.h"
#include "server/rpc/dead_letter_messages.h"
#include "server/rpc/erase_person.h"
#include "server/rpc/error_status.h"
#include "server/rpc/server_status.h"
#include "server/rpc/tail_tracks.h"
#include "server/rpc/unary_reactor.h"
#include "server/rpc/watch_status.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;

absl::Status BusyError() {
  absl::Status busy =
      base::MakeError(absl::StatusCode::kResourceExhausted, "BUSY",
                      "too many such calls are waiting: try again later");
  base::SetRetryDelay(busy, absl::Seconds(1));
  return busy;
}

// What gRPC gives to a unary method. A view.
struct RawCall {
  grpc::CallbackServerContext& context;
  const grpc::ByteBuffer& request;
  grpc::ByteBuffer& response;
};

// One unary call: its messages, and gRPC's bytes of them.
template <class Request, class Response>
class MessageCall {
 public:
  MessageCall(const AdminEnvironment& environment, const RawCall& call)
      : reactor_(new UnaryReactor(call.context, environment.guard.unwritten())),
        response_(call.response),
        status_(environment.guard.Admit(call.context, auth::Role::kAdmin)) {
    if (status_.ok()) status_ = ParseMessage(call.request, request);
  }

  // Whether the caller may have it done, and the request is one.
  const absl::Status& status() const { return status_; }
  UnaryReactor* reactor() const { return reactor_; }

  // Ends the call.
  void Answer(const absl::Status& status) {
    if (status.ok()) response_ = SerializeMessage(answer);
    reactor_->Answer(ToGrpcStatus(status), response_);
  }

  Request request;
  Response answer;

 private:
  UnaryReactor* const reactor_;
  grpc::ByteBuffer& response_;
  absl::Status status_;
};

// Ends a call with what `work(request, response)` returns, if its caller may
// have it done.
template <class Request, class Response, class Work>
grpc::ServerUnaryReactor* Do(const AdminEnvironment& environment,
                             const RawCall& raw, Work work) {
  MessageCall<Request, Response> call(environment, raw);
  UnaryReactor* const reactor = call.reactor();
  call.Answer(call.status().ok() ? work(call.request, call.answer)
                                 : call.status());
  return reactor;
}

// The same in the worker, for what may wait for the disk.
template <class Request, class Response, class Work>
grpc::ServerUnaryReactor* DoIn(Worker& worker,
                               const AdminEnvironment& environment,
                               const RawCall& raw, Work work) {
  // Shared because a std::function must be copyable.
  auto call =
      std::make_shared<MessageCall<Request, Response>>(environment, raw);
  UnaryReactor* const reactor = call->reactor();
  if (!call->status().ok()) {
    call->Answer(call->status());
    return reactor;
  }
  const bool posted = worker.Post([call, work = std::move(work)] {
    call->Answer(work(call->request, call->answer));
  });
  if (!posted) call->Answer(BusyError());
  return reactor;
}

void FillSource(const config::Source& from, api::Source& to) {
  to.set_name(from.name);
  to.set_label(from.label);
  to.set_receiver(from.receiver);
  to.set_tag(config::TagOf(config::LaneOf(from)));
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

// The lane of a source that nobody delivers, by the name that status shows.
absl::StatusOr<std::string> FindOrphan(const AdminEnvironment& environment,
                                       const std::string& source) {
  const std::vector<deliver::SourceStatus> statuses =
      environment.deliverer.Statuses();
  SEGRID_ASSIGN_OR_RETURN(const std::vector<queue::LaneStats> orphans,
                          deliver::OrphanedLanes(statuses, environment.queue));
  for (const queue::LaneStats& lane : orphans) {
    if (deliver::OrphanName(statuses, lane.lane) == source) return lane.lane;
  }
  for (const deliver::SourceStatus& each : statuses) {
    if (each.name != source && each.lane != source) continue;
    return base::MakeError(
        absl::StatusCode::kFailedPrecondition, "SOURCE_CONFIGURED",
        "source: the configuration has source '" + each.name +
            "', which delivers what you want to drop; take it out of the "
            "configuration first, or purge its dead letters");
  }
  return base::MakeError(
      absl::StatusCode::kNotFound, "UNKNOWN_SOURCE",
      "source: the queue has nothing of a source of this name; `segrid status` "
      "shows those that left the configuration as ORPHANED");
}

}  // namespace

void AdminService::Tell(const grpc::CallbackServerContext& context,
                        OperatorAct act) const {
  if (!environment_.on_act) return;
  act.by = environment_.guard.Describe(context);
  environment_.on_act(act);
}

grpc::ServerUnaryReactor* AdminService::ListSources(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Do<api::ListSourcesRequest, api::ListSourcesResponse>(
      environment_, {*context, *request, *response},
      [this](const auto&, api::ListSourcesResponse& answer) {
        const auto config = environment_.config();
        for (const config::Source& source : config->sources) {
          api::Source& out = *answer.add_sources();
          FillSource(source, out);
          const absl::StatusOr<deliver::SourceStatus> status =
              environment_.deliverer.Status(source.name);
          if (status.ok()) out.set_endpoint(status->endpoint);
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AdminService::GetStatus(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Do<api::GetStatusRequest, api::GetStatusResponse>(
      environment_, {*context, *request, *response},
      [this](const auto&, api::GetStatusResponse& answer) -> absl::Status {
        SEGRID_ASSIGN_OR_RETURN(*answer.mutable_status(),
                                TakeServerStatus(environment_, start_time_));
        return absl::OkStatus();
      });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AdminService::WatchStatus(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  api::WatchStatusRequest message;
  absl::Status status = environment_.guard.Admit(*context, auth::Role::kAdmin);
  if (status.ok()) status = ParseMessage(*request, message);
  const absl::StatusOr<absl::Duration> interval =
      status.ok() ? WatchInterval(message) : status;
  auto watch = std::make_shared<class WatchStatus>(
      environment_, *context,
      WatchStatus::Options{interval.value_or(absl::ZeroDuration()),
                           start_time_});
  watch->Start(interval.status());
  return watch.get();
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* AdminService::TailTracks(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  api::TailTracksRequest message;
  absl::Status status = environment_.guard.Admit(*context, auth::Role::kAdmin);
  if (status.ok()) status = ParseMessage(*request, message);
  auto tail =
      std::make_shared<class TailTracks>(environment_, *context, redactor_);
  tail->Start(status.ok() ? ReadTailRequest(message, *environment_.config())
                          : status);
  return tail.get();
}

grpc::ServerUnaryReactor* AdminService::PauseSource(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Do<api::PauseSourceRequest, api::PauseSourceResponse>(
      environment_, {*context, *request, *response},
      [this, context](const api::PauseSourceRequest& message, auto&) {
        SEGRID_RETURN_IF_ERROR(environment_.deliverer.Pause(message.source()));
        Tell(*context,
             {.kind = OperatorAct::Kind::kPause, .source = message.source()});
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AdminService::ResumeSource(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Do<api::ResumeSourceRequest, api::ResumeSourceResponse>(
      environment_, {*context, *request, *response},
      [this, context](const api::ResumeSourceRequest& message, auto&) {
        SEGRID_RETURN_IF_ERROR(environment_.deliverer.Resume(message.source()));
        Tell(*context,
             {.kind = OperatorAct::Kind::kResume, .source = message.source()});
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AdminService::ListDeadLetters(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return DoIn<api::ListDeadLettersRequest, api::ListDeadLettersResponse>(
      worker_, environment_, {*context, *request, *response},
      [this](const api::ListDeadLettersRequest& message,
             api::ListDeadLettersResponse& answer) -> absl::Status {
        SEGRID_ASSIGN_OR_RETURN(const queue::DeadLetterQuery query,
                                ToQuery(message, *environment_.config()));
        SEGRID_RETURN_IF_ERROR(CheckIds(query.filter, environment_.queue));
        SEGRID_ASSIGN_OR_RETURN(const queue::DeadLetterPage page,
                                environment_.queue.ListDeadLetters(query));
        FillPage(page, message.filter().source(), answer);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AdminService::ReplayDeadLetters(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return DoIn<api::ReplayDeadLettersRequest, api::ReplayDeadLettersResponse>(
      worker_, environment_, {*context, *request, *response},
      [this, context](const api::ReplayDeadLettersRequest& message,
                      api::ReplayDeadLettersResponse& answer) -> absl::Status {
        SEGRID_ASSIGN_OR_RETURN(
            const queue::DeadLetterFilter filter,
            ToFilter(message.filter(), *environment_.config()));
        SEGRID_RETURN_IF_ERROR(CheckIds(filter, environment_.queue));
        SEGRID_ASSIGN_OR_RETURN(const std::int64_t count,
                                environment_.queue.ReplayDeadLetters(filter));
        answer.set_replayed_count(count);
        Tell(*context, {.kind = OperatorAct::Kind::kReplay,
                        .source = message.filter().source(),
                        .dead_letters = count});
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AdminService::PurgeDeadLetters(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return DoIn<api::PurgeDeadLettersRequest, api::PurgeDeadLettersResponse>(
      worker_, environment_, {*context, *request, *response},
      [this, context](const api::PurgeDeadLettersRequest& message,
                      api::PurgeDeadLettersResponse& answer) -> absl::Status {
        SEGRID_ASSIGN_OR_RETURN(
            const queue::DeadLetterFilter filter,
            ToFilter(message.filter(), *environment_.config()));
        SEGRID_RETURN_IF_ERROR(CheckIds(filter, environment_.queue));
        SEGRID_ASSIGN_OR_RETURN(const std::int64_t count,
                                environment_.queue.PurgeDeadLetters(filter));
        answer.set_purged_count(count);
        Tell(*context, {.kind = OperatorAct::Kind::kPurge,
                        .source = message.filter().source(),
                        .dead_letters = count});
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AdminService::DropSource(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return DoIn<api::DropSourceRequest, api::DropSourceResponse>(
      worker_, environment_, {*context, *request, *response},
      [this, context](const api::DropSourceRequest& message,
                      api::DropSourceResponse& answer) -> absl::Status {
        SEGRID_ASSIGN_OR_RETURN(const std::string lane,
                                FindOrphan(environment_, message.source()));
        SEGRID_ASSIGN_OR_RETURN(const queue::DroppedLane dropped,
                                environment_.queue.DropLane(lane));
        answer.set_pending_count(dropped.pending);
        answer.set_dead_letter_count(dropped.dead_letters);
        Tell(*context, {.kind = OperatorAct::Kind::kDrop,
                        .source = message.source(),
                        .pending = dropped.pending,
                        .dead_letters = dropped.dead_letters});
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AdminService::ErasePerson(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return DoIn<api::ErasePersonRequest, api::ErasePersonResponse>(
      erasures_, environment_, {*context, *request, *response},
      [this, context](const api::ErasePersonRequest& message,
                      api::ErasePersonResponse& answer) -> absl::Status {
        OperatorAct act{.kind = OperatorAct::Kind::kErase,
                        .source = message.source()};
        SEGRID_RETURN_IF_ERROR(
            rpc::ErasePerson(environment_, message, answer, act));
        if (!message.dry_run()) Tell(*context, act);
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AdminService::ReloadConfig(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  // Shared with who reloads, later and elsewhere.
  using Call = MessageCall<api::ReloadConfigRequest, api::ReloadConfigResponse>;
  auto call = std::make_shared<Call>(environment_,
                                     RawCall{*context, *request, *response});
  UnaryReactor* const reactor = call->reactor();
  if (!call->status().ok()) {
    call->Answer(call->status());
  } else if (!environment_.reload_config) {
    call->Answer(base::MakeError(
        absl::StatusCode::kFailedPrecondition, "NO_RELOAD",
        "this server runs inside another program, which gave it its "
        "configuration; restart it there"));
  } else {
    Tell(*context, {.kind = OperatorAct::Kind::kReload});
    environment_.reload_config(
        call->request, call->answer,
        [call](const absl::Status& status) { call->Answer(status); });
  }
  return reactor;
}

grpc::ServerUnaryReactor* AdminService::Drain(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return Do<api::DrainRequest, api::DrainResponse>(
      environment_, {*context, *request, *response},
      [this, context](const auto&, auto&) {
        Tell(*context, {.kind = OperatorAct::Kind::kDrain});
        environment_.request_drain();
        return absl::OkStatus();
      });
}

}  // namespace segrid::rpc

// AdminService over queue and deliverer.

#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "segrid/v1/admin.grpc.pb.h"
#include "server/rpc/admin_environment.h"
#include "server/rpc/tail_redactor.h"
#include "server/rpc/worker.h"

namespace segrid::rpc {

// Shows and steers the running server, with the generated classes: nothing here
// is hot.
//
// Ownership:     see AdminEnvironment.
// Thread safety: gRPC's threads call it concurrently.
// Blocking:      never; dead letters, which may wait for the store, are handled
//                in a thread of its own, one call at a time.
// Errors:        as proto/segrid/v1/admin.proto lists them, and
//                RESOURCE_EXHAUSTED, BUSY when too many calls for dead letters
//                wait.
class AdminService final : public ::segrid::v1::AdminService::CallbackService {
 public:
  // The start time that status shows is now.
  explicit AdminService(AdminEnvironment environment)
      : environment_(std::move(environment)),
        start_time_(environment_.clock.Now()) {}

  grpc::ServerUnaryReactor* ListSources(
      grpc::CallbackServerContext* context,
      const ::segrid::v1::ListSourcesRequest* request,
      ::segrid::v1::ListSourcesResponse* response) override;
  grpc::ServerUnaryReactor* GetStatus(
      grpc::CallbackServerContext* context,
      const ::segrid::v1::GetStatusRequest* request,
      ::segrid::v1::GetStatusResponse* response) override;
  grpc::ServerWriteReactor<::segrid::v1::WatchStatusResponse>* WatchStatus(
      grpc::CallbackServerContext* context,
      const ::segrid::v1::WatchStatusRequest* request) override;
  grpc::ServerWriteReactor<::segrid::v1::TailTracksResponse>* TailTracks(
      grpc::CallbackServerContext* context,
      const ::segrid::v1::TailTracksRequest* request) override;
  grpc::ServerUnaryReactor* PauseSource(
      grpc::CallbackServerContext* context,
      const ::segrid::v1::PauseSourceRequest* request,
      ::segrid::v1::PauseSourceResponse* response) override;
  grpc::ServerUnaryReactor* ResumeSource(
      grpc::CallbackServerContext* context,
      const ::segrid::v1::ResumeSourceRequest* request,
      ::segrid::v1::ResumeSourceResponse* response) override;
  grpc::ServerUnaryReactor* ListDeadLetters(
      grpc::CallbackServerContext* context,
      const ::segrid::v1::ListDeadLettersRequest* request,
      ::segrid::v1::ListDeadLettersResponse* response) override;
  grpc::ServerUnaryReactor* ReplayDeadLetters(
      grpc::CallbackServerContext* context,
      const ::segrid::v1::ReplayDeadLettersRequest* request,
      ::segrid::v1::ReplayDeadLettersResponse* response) override;
  grpc::ServerUnaryReactor* PurgeDeadLetters(
      grpc::CallbackServerContext* context,
      const ::segrid::v1::PurgeDeadLettersRequest* request,
      ::segrid::v1::PurgeDeadLettersResponse* response) override;
  grpc::ServerUnaryReactor* ReloadConfig(
      grpc::CallbackServerContext* context,
      const ::segrid::v1::ReloadConfigRequest* request,
      ::segrid::v1::ReloadConfigResponse* response) override;
  grpc::ServerUnaryReactor* Drain(
      grpc::CallbackServerContext* context,
      const ::segrid::v1::DrainRequest* request,
      ::segrid::v1::DrainResponse* response) override;

 private:
  // Most calls that wait for the worker.
  static constexpr std::size_t kMaxWaiting = 100;

  // Runs `work` in the worker and ends the call with what it returns.
  grpc::ServerUnaryReactor* InWorker(grpc::CallbackServerContext& context,
                                     std::function<absl::Status()> work);

  const AdminEnvironment environment_;
  const absl::Time start_time_;
  const TailRedactor redactor_ = TailRedactor::WithRandomSeed();
  Worker worker_{kMaxWaiting};  // Last: its tasks use the others.
};

}  // namespace segrid::rpc

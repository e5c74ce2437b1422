// AdminService over queue and deliverer.

#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <utility>

#include "absl/time/time.h"
#include "segrid/v1/admin.grpc.pb.h"
#include "server/rpc/admin_environment.h"
#include "server/rpc/tail_redactor.h"
#include "server/rpc/worker.h"

namespace segrid::rpc {

using AdminApi = ::segrid::v1::AdminService;

// All methods take and give bytes, so that a request which is no message gets
// the documented error: gRPC's own parser answers UNIMPLEMENTED.
using RawAdminService = AdminApi::WithRawCallbackMethod_ListSources<
    AdminApi::WithRawCallbackMethod_GetStatus<AdminApi::WithRawCallbackMethod_WatchStatus<
        AdminApi::WithRawCallbackMethod_TailTracks<
            AdminApi::WithRawCallbackMethod_PauseSource<
                AdminApi::WithRawCallbackMethod_ResumeSource<
                    AdminApi::WithRawCallbackMethod_ListDeadLetters<
                        AdminApi::WithRawCallbackMethod_ReplayDeadLetters<
                            AdminApi::WithRawCallbackMethod_PurgeDeadLetters<
                                AdminApi::WithRawCallbackMethod_DropSource<
                                    AdminApi::WithRawCallbackMethod_ErasePerson<
                                        AdminApi::
                                            WithRawCallbackMethod_ReloadConfig<
                                                AdminApi::
                                                    WithRawCallbackMethod_Drain<
                                                        AdminApi::
                                                            Service>>>>>>>>>>>>>;

// Shows and steers the running server, with the generated classes: nothing here
// is hot.
//
// Ownership:     see AdminEnvironment.
// Thread safety: gRPC's threads call it concurrently.
// Blocking:      never; dead letters, which may wait for the store, are handled
//                in a thread of its own, one call at a time, and erasures,
//                which may take minutes, in another.
// Errors:        as proto/segrid/v1/admin.proto lists them, and
//                RESOURCE_EXHAUSTED, BUSY when too many calls for dead letters,
//                or too many erasures, wait.
class AdminService final : public RawAdminService {
 public:
  // The start time that status shows is now.
  explicit AdminService(AdminEnvironment environment)
      : environment_(std::move(environment)),
        start_time_(environment_.clock.Now()) {}

  grpc::ServerUnaryReactor* ListSources(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchStatus(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* TailTracks(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* PauseSource(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ResumeSource(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListDeadLetters(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ReplayDeadLetters(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* PurgeDeadLetters(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* DropSource(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ErasePerson(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ReloadConfig(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Drain(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) override;

 private:
  // Says who did what; before the call is answered.
  void Tell(const grpc::CallbackServerContext& context, OperatorAct act) const;

  // Most calls that wait for the worker.
  static constexpr std::size_t kMaxWaiting = 100;
  static constexpr std::size_t kMaxWaitingErasures = 10;

  const AdminEnvironment environment_;
  const absl::Time start_time_;
  const TailRedactor redactor_ = TailRedactor::WithRandomSeed();
  // Last: their tasks use the others.
  Worker worker_{kMaxWaiting, "admin calls"};
  Worker erasures_{kMaxWaitingErasures, "erasures"};
};

}  // namespace segrid::rpc

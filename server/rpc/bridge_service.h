// BridgeService over the pipeline: bytes in, bytes out.

#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/pipeline/free_list.h"
#include "core/pipeline/pipeline.h"
#include "segrid/v1/bridge.grpc.pb.h"
#include "server/rpc/bridge_environment.h"
#include "server/rpc/forward_call.h"
#include "server/rpc/forward_reactor.h"
#include "server/rpc/idempotency.h"

namespace segrid::rpc {

struct BridgeOptions {
  // Messages of one stream that were read and whose answers are not written.
  // At the limit the stream is not read on. 1 to 10,000.
  std::size_t max_unanswered = 64;
  // Results of Transform kept for reuse.
  std::size_t max_kept_results = 64;
  // Answers of Forward kept for retries.
  IdempotencyOptions idempotency{};
};

// Serves Transform, Forward, TransformStream and ForwardStream with the raw
// callback methods, because parsing into generated classes would cost five to
// ten times the transform itself.
//
// Ownership:     keeps references to its environment.
// Thread safety: gRPC's threads call it concurrently.
// Blocking:      never, but for the destructor; Transform computes in gRPC's
//                thread.
// Errors:        as proto/segrid/v1/bridge.proto lists them.
class BridgeService final
    : public ::segrid::v1::BridgeService::WithRawCallbackMethod_Transform<
          ::segrid::v1::BridgeService::WithRawCallbackMethod_Forward<
              ::segrid::v1::BridgeService::
                  WithRawCallbackMethod_TransformStream<
                      ::segrid::v1::BridgeService::
                          WithRawCallbackMethod_ForwardStream<
                              ::segrid::v1::BridgeService::Service>>>> {
 public:
  BridgeService(BridgeEnvironment environment, const BridgeOptions& options)
      : environment_(environment),
        options_(options),
        results_(options.max_kept_results),
        answers_(options.idempotency, environment.clock) {}

  // Waits until the queue has answered all Forwards.
  ~BridgeService() override { environment_.guard.WaitForForwards(); }

  grpc::ServerUnaryReactor* Transform(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Forward(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* TransformStream(
      grpc::CallbackServerContext* context) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* ForwardStream(
      grpc::CallbackServerContext* context) override;

  // Frees what is kept for the next call. Any thread.
  void DropSpareMemory() { results_.Clear(); }

 private:
  // Begins a call that `answer` ends, or gives the error to end it with.
  absl::Status BeginForward(const grpc::CallbackServerContext& context,
                            const grpc::ByteBuffer& request,
                            ForwardReactor& reactor,
                            const ForwardAnswer& answer);
  // The answer to an admitted call.
  absl::Status AnswerTransform(absl::Time deadline,
                               const grpc::ByteBuffer& request,
                               grpc::ByteBuffer& response);

  const BridgeEnvironment environment_;
  const BridgeOptions options_;
  pipeline::FreeList<pipeline::TransformResult> results_;  // Own locking.
  Idempotency answers_;                                    // Own locking.
};

}  // namespace segrid::rpc

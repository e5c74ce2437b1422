// TransformStream: Transform for many batches over one stream.

#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "core/pipeline/free_list.h"
#include "core/pipeline/pipeline.h"
#include "core/pipeline/transform_batch.h"
#include "server/rpc/answer_stream.h"
#include "server/rpc/bridge_environment.h"
#include "server/rpc/caller_metadata.h"
#include "server/rpc/envelope.h"

namespace segrid::rpc {

// Transforms each message inline in gRPC's thread, so the answers are in the
// order of the messages. See AnswerStream.
class TransformStream final : public AnswerStream {
 public:
  TransformStream(const BridgeEnvironment& environment,
                  grpc::CallbackServerContext& context,
                  pipeline::FreeList<pipeline::TransformResult>& results,
                  std::size_t max_unanswered)
      : AnswerStream(environment, context, auth::Role::kTransform,
                     max_unanswered),
        environment_(environment),
        deadline_(DeadlineOf(context)),
        results_(results) {}

 private:
  void Handle(const grpc::ByteBuffer& message) override;

  // The answer to a message that could be read, in `output`.
  absl::Status Run(const StreamEnvelope& envelope, std::size_t message_bytes,
                   pipeline::TransformResult& result);

  const BridgeEnvironment environment_;
  const absl::Time deadline_;
  pipeline::FreeList<pipeline::TransformResult>& results_;
};

}  // namespace segrid::rpc

// ForwardStream: Forward for many batches over one stream.

#pragma once

#include <grpcpp/server_context.h>

#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/trace_parent.h"
#include "core/codec/output.h"
#include "server/rpc/answer_stream.h"
#include "server/rpc/bridge_environment.h"
#include "server/rpc/caller_metadata.h"

namespace segrid::rpc {

// Forwards each message and answers when the queue has taken it: answers may
// overtake each other. See AnswerStream. The deadline and the trace of the call
// hold for all messages.
class ForwardStream final : public AnswerStream {
 public:
  ForwardStream(const BridgeEnvironment& environment,
                grpc::CallbackServerContext& context,
                std::size_t max_unanswered)
      : AnswerStream(environment, context, auth::Role::kForward,
                     max_unanswered),
        environment_(environment),
        deadline_(DeadlineOf(context)),
        trace_(TraceOf(context)) {}

 private:
  void Handle(const grpc::ByteBuffer& message) override;
  // Answers one message.
  void Send(std::string_view request_id,
            absl::StatusOr<codec::OutputBuffer> answer);

  const BridgeEnvironment environment_;
  const absl::Time deadline_;
  const std::optional<base::TraceParent> trace_;
};

}  // namespace segrid::rpc

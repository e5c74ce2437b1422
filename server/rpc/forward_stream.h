// ForwardStream: Forward for many batches over one stream.

#pragma once

#include <cstddef>

#include "absl/time/time.h"
#include "server/rpc/answer_stream.h"
#include "server/rpc/bridge_environment.h"

namespace segrid::rpc {

// Forwards each message and answers when the queue has taken it: answers may
// overtake each other. See AnswerStream. `deadline` is that of the call.
class ForwardStream final : public AnswerStream {
 public:
  ForwardStream(const BridgeEnvironment& environment, absl::Time deadline,
                std::size_t max_unanswered)
      : AnswerStream(environment.admission, max_unanswered),
        environment_(environment),
        deadline_(deadline) {}

 private:
  void Handle(const grpc::ByteBuffer& message) override;

  const BridgeEnvironment environment_;
  const absl::Time deadline_;
};

}  // namespace segrid::rpc

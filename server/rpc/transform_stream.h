// TransformStream: Transform for many batches over one stream.

#pragma once

#include <cstddef>

#include "core/pipeline/pipeline.h"
#include "server/rpc/answer_stream.h"
#include "server/rpc/result_pool.h"

namespace segrid::rpc {

// Transforms each message inline in gRPC's thread, so the answers are in the
// order of the messages. See AnswerStream.
class TransformStream final : public AnswerStream {
 public:
  TransformStream(pipeline::Pipeline& pipeline, Admission& admission,
                  ResultPool& results, std::size_t max_unanswered)
      : AnswerStream(admission, max_unanswered),
        pipeline_(pipeline),
        results_(results) {}

 private:
  void Handle(const grpc::ByteBuffer& message) override;

  pipeline::Pipeline& pipeline_;
  ResultPool& results_;
};

}  // namespace segrid::rpc

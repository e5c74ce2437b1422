#include "server/rpc/forward_call.h"

#include <algorithm>
#include <utility>

#include "server/rpc/answer.h"
#include "server/rpc/envelope.h"

namespace segrid::rpc {

absl::Time AnswerTime(absl::Time deadline, absl::Time now) {
  if (deadline == absl::InfiniteFuture()) return deadline;
  const absl::Duration left = std::max(deadline - now, absl::ZeroDuration());
  return deadline - std::min(left / 10, absl::Milliseconds(100));
}

void RunForward(pipeline::Pipeline& pipeline, std::string_view request,
                const ForwardTerms& terms, ForwardAnswer answer) {
  ForwardEnvelope envelope;
  if (absl::Status status = DecodeForward(request, envelope); !status.ok()) {
    answer(std::move(status));
    return;
  }
  pipeline::ForwardCall call;
  call.input = envelope.input;
  call.sources = std::move(envelope.sources);
  call.wait_delivered = envelope.wait_delivered;
  call.deadline = terms.answer_by;
  call.trace = terms.trace;
  pipeline.Forward(call, [answer = std::move(answer)](
                             absl::StatusOr<pipeline::ForwardResult> result) {
    if (!result.ok()) {
      answer(std::move(result).status());
      return;
    }
    codec::OutputBuffer response;
    EncodeForwardResponse(*result, response);
    answer(std::move(response));
  });
}

}  // namespace segrid::rpc

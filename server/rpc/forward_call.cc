#include "server/rpc/forward_call.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "server/rpc/answer.h"
#include "server/rpc/envelope.h"
#include "server/rpc/pace.h"

namespace segrid::rpc {

absl::Time AnswerTime(absl::Time deadline, absl::Time now) {
  if (deadline == absl::InfiniteFuture()) return deadline;
  const absl::Duration left = std::max(deadline - now, absl::ZeroDuration());
  return deadline - std::min(left / 10, absl::Milliseconds(100));
}

void RunForward(const BridgeEnvironment& environment, std::string_view request,
                const ForwardTerms& terms, ForwardAnswer answer) {
  ForwardEnvelope envelope;
  Pace& pace = environment.guard.forwards();
  const absl::Time now = environment.clock.Now();
  absl::Status status = DecodeForward(request, envelope);
  if (status.ok()) status = pace.Check(terms.deadline - now, request.size());
  // Shared because a std::function must be copyable.
  auto place = std::make_shared<ByteBudget::Share>();
  if (status.ok() && envelope.wait_delivered) {
    auto taken = environment.guard.TakeWaitingPlace();
    status = taken.status();
    if (taken.ok()) *place = *std::move(taken);
  }
  if (!status.ok()) {
    answer(std::move(status));
    return;
  }
  pipeline::ForwardCall call;
  call.input = envelope.input;
  call.sources = std::move(envelope.sources);
  call.wait_delivered = envelope.wait_delivered;
  call.deadline = AnswerTime(terms.deadline, now);
  call.trace = terms.trace;
  call.stop = terms.stop;
  call.on_wait = terms.on_wait;
  std::optional<Pace::Run> run;
  if (!envelope.wait_delivered) run = pace.Begin(request.size());
  CallGuard& guard = environment.guard;
  guard.BeginForward();
  environment.pipeline.Forward(
      call, [&guard, &pace, run, place = std::move(place),
             answer = std::move(answer)](
                absl::StatusOr<pipeline::ForwardResult> result) {
        *place = {};  // Before the caller can send the next.
        if (run.has_value()) pace.End(*run, result.ok());
        if (result.ok()) {
          codec::OutputBuffer response;
          EncodeForwardResponse(*result, response);
          answer(std::move(response));
        } else {
          answer(std::move(result).status());
        }
        guard.EndForward();  // Last: the guard may go after it.
      });
}

}  // namespace segrid::rpc

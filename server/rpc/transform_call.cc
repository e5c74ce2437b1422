#include "server/rpc/transform_call.h"

#include "core/base/status_macros.h"
#include "server/rpc/answer.h"
#include "server/rpc/envelope.h"
#include "server/rpc/pace.h"

namespace segrid::rpc {
namespace {

absl::Status Run(pipeline::Pipeline& pipeline, std::string_view request,
                 pipeline::TransformResult& result) {
  TransformEnvelope envelope;
  SEGRID_RETURN_IF_ERROR(DecodeTransform(request, envelope));
  SEGRID_RETURN_IF_ERROR(pipeline.Transform(envelope.input, envelope.source,
                                            envelope.output, result));
  EncodeTransformResponse(envelope.output, result);
  return absl::OkStatus();
}

}  // namespace

absl::Status RunTransform(const BridgeEnvironment& environment,
                          absl::Time deadline, std::string_view request,
                          pipeline::TransformResult& result) {
  // Smaller ones take hardly longer than to find out how long they take.
  if (request.size() < Pace::kLargeBytes) {
    return Run(environment.pipeline, request, result);
  }
  Pace& pace = environment.guard.transforms();
  SEGRID_RETURN_IF_ERROR(
      pace.Check(deadline - environment.clock.Now(), request.size()));
  const Pace::Run run = pace.Begin(request.size());
  absl::Status status = Run(environment.pipeline, request, result);
  pace.End(run, status.ok());
  return status;
}

}  // namespace segrid::rpc

#include "server/rpc/transform_call.h"

#include "core/base/status_macros.h"
#include "server/rpc/answer.h"
#include "server/rpc/envelope.h"

namespace segrid::rpc {

absl::Status RunTransform(pipeline::Pipeline& pipeline,
                          std::string_view request,
                          pipeline::TransformResult& result) {
  TransformEnvelope envelope;
  SEGRID_RETURN_IF_ERROR(DecodeTransform(request, envelope));
  SEGRID_RETURN_IF_ERROR(pipeline.Transform(envelope.input, envelope.source,
                                            envelope.output, result));
  EncodeTransformResponse(envelope.output, result);
  return absl::OkStatus();
}

}  // namespace segrid::rpc

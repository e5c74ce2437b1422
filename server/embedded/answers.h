// From the pipeline's results to the messages of the API.

#pragma once

#include "absl/status/status.h"
#include "client/error.h"
#include "core/pipeline/batch.h"
#include "core/pipeline/pipeline.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::embedded {

// The same error as a client would get over gRPC.
Error ErrorOf(const absl::Status& status);

// `form` is that of `result.output`.
v1::TransformResponse ToMessage(const pipeline::TransformResult& result,
                                pipeline::Output form);

v1::ForwardResponse ToMessage(const pipeline::ForwardResult& result);

}  // namespace segrid::embedded

// One Transform, from the request's bytes to the answer's.

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/pipeline/pipeline.h"
#include "server/rpc/bridge_environment.h"

namespace segrid::rpc {

// Decodes `request`, a serialized TransformRequest, runs it, unless its
// `deadline` cannot be met, and leaves the serialized TransformResponse in
// `result.output`. On an error `result` is unspecified.
//
// Thread safety: as `result`. Blocking: never.
// Errors:        as proto/segrid/v1/bridge.proto lists them.
absl::Status RunTransform(const BridgeEnvironment& environment,
                          absl::Time deadline, std::string_view request,
                          pipeline::TransformResult& result);

}  // namespace segrid::rpc

// One Forward, from the request's bytes to the answer's.

#pragma once

#include <functional>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/codec/output.h"
#include "core/pipeline/pipeline.h"

namespace segrid::rpc {

// Gets the serialized ForwardResponse.
using ForwardAnswer = std::function<void(absl::StatusOr<codec::OutputBuffer>)>;

// Decodes `request`, a serialized ForwardRequest that is read during the call
// only, and runs it. WAIT_DELIVERED is answered at `answer_by` at the latest.
// `answer` runs exactly once, inline or later in another thread.
//
// Thread safety: any thread. Blocking: never.
// Errors:        as proto/segrid/v1/bridge.proto lists them.
void RunForward(pipeline::Pipeline& pipeline, std::string_view request,
                absl::Time answer_by, ForwardAnswer answer);

// When to answer a call that ends at `deadline`, so that the answer still
// arrives: a tenth of what is left earlier, at most 100 ms. InfiniteFuture
// stays what it is.
absl::Time AnswerTime(absl::Time deadline, absl::Time now);

}  // namespace segrid::rpc

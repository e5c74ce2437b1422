// Answers of BridgeService as they go to the wire, without generated classes.

#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "core/codec/output.h"
#include "core/pipeline/pipeline.h"

namespace segrid::rpc {

// Turns the output of Transform into a serialized TransformResponse: Tracks
// stay where they are, `batch_json` gets its header in the headroom, issues and
// counts are appended.
//
// Thread safety: functions without state. Blocking: never.
void EncodeTransformResponse(pipeline::Output form,
                             pipeline::TransformResult& result);

// Replaces the contents of `out` by a serialized ForwardResponse.
void EncodeForwardResponse(const pipeline::ForwardResult& result,
                           codec::OutputBuffer& out);

// Makes the serialized response in `out` the `response` of a
// TransformStreamResponse or ForwardStreamResponse; they have the same fields.
void WrapStreamResponse(std::string_view request_id, codec::OutputBuffer& out);

// Replaces the contents of `out` by a TransformStreamResponse or
// ForwardStreamResponse with the `error` of `status`, which is not OK.
void EncodeStreamError(std::string_view request_id, const absl::Status& status,
                       codec::OutputBuffer& out);

}  // namespace segrid::rpc

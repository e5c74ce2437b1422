// What a server with one source and the default settings would answer.

#pragma once

#include "client/result.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::testing {

// The real mapping: Tracks, issues and counts as a server without a
// configuration gives them. Thread safety: any thread, any time. Errors: those
// of BridgeService for a bad input.
Result<v1::TransformResponse> AnswerTransform(
    const v1::TransformRequest& request);

// The same for Forward: every Track is accepted, once for each of the
// request's sources (none named: one source, `default`); with WAIT_DELIVERED it
// is delivered. Nothing is remembered, so nothing is a duplicate.
Result<v1::ForwardResponse> AnswerForward(const v1::ForwardRequest& request);

}  // namespace segrid::testing

// Forward's WAIT_DELIVERED: answers when the receivers have the Tracks.

#pragma once

#include <vector>

#include "core/deliver/deliverer.h"
#include "core/pipeline/forward_batch.h"
#include "core/pipeline/pipeline.h"
#include "core/queue/queue.h"

namespace segrid::pipeline {

// Runs `done` once, when every message that `appended` accepted is delivered or
// a dead letter, or when `end` says so; `result` with the three counts filled.
// `lanes` are those of `appended`.
// Blocking: never. Errors: those of Deliverer::NotifySettled.
void WaitUntilSettled(deliver::Deliverer& deliverer,
                      const std::vector<ForwardLane>& lanes,
                      const queue::AppendResult& appended,
                      const deliver::WaitEnd& end, ForwardResult result,
                      Pipeline::ForwardDone done);

}  // namespace segrid::pipeline

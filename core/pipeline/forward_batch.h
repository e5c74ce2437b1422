// The first half of Forward: a batch of events in, one chunk of Tracks for each
// source out.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/codec/json_writer.h"
#include "core/codec/output.h"
#include "core/codec/track.h"
#include "core/pipeline/batch.h"
#include "core/pipeline/event_source.h"
#include "core/queue/message.h"
#include "core/transform/anonymous_ids.h"
#include "core/transform/options.h"
#include "core/transform/transformer.h"

namespace segrid::pipeline {

// A source to transform for, and what came of it.
struct ForwardLane {
  const std::string* name = nullptr;            // Of the source. Outlives it.
  const std::string* lane = nullptr;            // Of the queue. Outlives it.
  const transform::Options* options = nullptr;  // Outlives the lane.
  codec::OutputBuffer json;                     // Tracks joined by commas.
  std::vector<queue::Message> messages;
  std::int32_t skipped = 0;
  std::int32_t rejected = 0;
};

// Transforms each event for each lane. Thread safety: none; one user at a time.
class ForwardTransformer {
 public:
  // Fills the lanes, `issues` and `counts` (events and fields; the rest is in
  // the lanes). Errors: those of EventSource; then the lanes are void.
  absl::Status Transform(const Input& input, std::int32_t max_events,
                         std::vector<ForwardLane>& lanes,
                         std::vector<Issue>& issues, Counts& counts);

  // Gives back memory that an unusually large batch has left behind.
  void Shrink() { source_.Shrink(); }

 private:
  transform::Reason TransformFor(ForwardLane& lane);

  EventSource source_;
  transform::Transformer transformer_;
  transform::AnonymousIds anonymous_ids_;
  codec::Track track_;
  codec::JsonWriter writer_;
  std::vector<transform::Reason> reasons_;
};

}  // namespace segrid::pipeline

// Transform without queue or network: a batch of events in, Tracks out.

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "core/codec/json_writer.h"
#include "core/codec/track.h"
#include "core/codec/wire_writer.h"
#include "core/pipeline/batch.h"
#include "core/pipeline/event_source.h"
#include "core/transform/anonymous_ids.h"
#include "core/transform/options.h"
#include "core/transform/transformer.h"

namespace segrid::pipeline {

// A Track's JSON may have at most this many bytes (mapping.md, section 4).
inline constexpr std::size_t kMaxTrackBytes = 32'000;

// Transforms one batch after the other with the same storage: the steady state
// allocates nothing but the output. Thread safety: none; one user at a time.
class BatchTransformer {
 public:
  // Transforms the events of `input`, at most `max_events` (0: no limit), into
  // `result`, which is overwritten; its storage is used again.
  // Errors: those of EventSource; then `result` is unspecified.
  absl::Status Transform(const Input& input, const transform::Options& options,
                         Output output, std::int32_t max_events,
                         TransformResult& result);

  // Gives back memory that an unusually large batch has left behind.
  void Shrink() {
    source_.Shrink();
    scratch_ = codec::OutputBuffer();
  }

 private:
  transform::Reason TransformOne(const transform::Options& options,
                                 Output output, codec::OutputBuffer& buffer);
  bool FitsAsJson();

  EventSource source_;
  transform::Transformer transformer_;
  transform::AnonymousIds anonymous_ids_;
  codec::Track track_;
  codec::JsonWriter json_writer_;
  codec::WireWriter wire_writer_;
  codec::OutputBuffer scratch_;
};

}  // namespace segrid::pipeline

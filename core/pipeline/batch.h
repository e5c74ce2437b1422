// What goes into a transform and what comes out, a batch at a time.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/codec/output.h"
#include "core/transform/outcome.h"

namespace segrid::pipeline {

// A batch of events in one of the two forms.
struct Input {
  enum class Form {
    kWebhookJson,   // `bytes` is the body as SendGrid posts it.
    kTypedRequest,  // `bytes` is a serialized TransformRequest or
                    // ForwardRequest, whose field 1 holds the events.
  };
  Form form = Form::kWebhookJson;
  std::string_view bytes;  // Read during the call only.
};

// The form of Transform's answer.
enum class Output {
  kTracks,  // Field 1 (`tracks`) of a serialized TransformResponse, repeated.
  kBatchJson,  // `{"batch":[…]}`.
};

// How many events became what. Always events = tracks + skipped + rejected.
struct Counts {
  std::int32_t events = 0;
  std::int32_t tracks = 0;
  std::int32_t skipped = 0;
  std::int32_t rejected = 0;
  std::int32_t field_coerced = 0;
  std::int32_t field_dropped = 0;
};

// An event that gave no Track.
struct Issue {
  std::int32_t index = 0;  // Of the event in the batch, 0-based.
  transform::Reason reason = transform::Reason::kNone;
  std::int32_t source = -1;  // Forward: position in ForwardResult::sources of
                             // the source it is about; -1 = all of them.
};

struct TransformResult {
  codec::OutputBuffer output;
  Counts counts;
  std::vector<Issue> issues;  // In the order of the events.
};

}  // namespace segrid::pipeline

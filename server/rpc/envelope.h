// Requests of BridgeService as they come from the wire, without generated
// classes: what stands beside the events is decoded here, the events are left
// where they are, for the pipeline.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/pipeline/pipeline.h"

namespace segrid::rpc {

// Longest `request_id` of a stream's message.
inline constexpr std::size_t kMaxRequestIdBytes = 128;

// Most names in ForwardRequest.sources.
inline constexpr std::size_t kMaxSources = 1'000;

// A TransformRequest. Views into its bytes.
struct TransformEnvelope {
  pipeline::Input input;
  std::string_view source;
  pipeline::Output output = pipeline::Output::kTracks;
};

// A ForwardRequest. `input` is a view into its bytes.
struct ForwardEnvelope {
  pipeline::Input input;
  std::vector<std::string> sources;
  bool wait_delivered = false;
};

// A TransformStreamRequest or ForwardStreamRequest: they have the same fields.
// Views into its bytes or, when the request came in several pieces, into
// `joined`; so it must not be moved after it was filled.
struct StreamEnvelope {
  std::string_view request_id;
  std::string_view request;  // The serialized inner request.
  std::string joined;
};

// The decoders accept what the generated parsers accept: fields in any order,
// unknown fields, repeated scalars (the last one wins).
//
// Thread safety: functions without state. Blocking: never.
// Errors:        INVALID_ARGUMENT with the reasons
//   MALFORMED_REQUEST  the bytes are no such message, a string of it is not
//                      UTF-8, or an enum has a value that this server does not
//                      know;
//   NO_INPUT           neither `events` nor a non-empty `webhook_json`;
//   TWO_INPUTS         both.
// The fields of a single event are not looked at: the pipeline does that.
absl::Status DecodeTransform(std::string_view bytes, TransformEnvelope& out);
absl::Status DecodeForward(std::string_view bytes, ForwardEnvelope& out);

// Decodes the outer message only; the inner request has its own decoder above.
absl::Status DecodeStream(std::string_view bytes, StreamEnvelope& out);

// INVALID_ARGUMENT, MALFORMED_REQUEST when the id is too long.
absl::Status CheckRequestId(std::string_view request_id);

}  // namespace segrid::rpc

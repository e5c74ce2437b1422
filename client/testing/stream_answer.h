// An answer as a message of a stream.

#pragma once

#include <string>
#include <utility>

#include "client/result.h"
#include "client/testing/error_status.h"

namespace segrid::testing {

// `StreamResponse` is one of those of TransformStream and ForwardStream.
template <typename StreamResponse, typename Response>
StreamResponse StreamAnswer(const std::string& request_id,
                            Result<Response> answer) {
  StreamResponse message;
  message.set_request_id(request_id);
  if (answer.ok()) {
    *message.mutable_response() = *std::move(answer);
  } else {
    message.mutable_error()->ParseFromString(
        StatusFromError(answer.error()).error_details());
  }
  return message;
}

}  // namespace segrid::testing

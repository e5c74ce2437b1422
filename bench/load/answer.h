// Looks at answers: an OK whose counts do not add up is no success.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "bench/load/method.h"
#include "grpcpp/support/byte_buffer.h"

namespace segrid::bench {

// Decodes the answer of `method` to a request with `events` events and checks
// it: "" when every event is accounted for, else what is wrong. Costs a decode:
// for a sample of the answers.
std::string CheckAnswer(Method method, const grpc::ByteBuffer& answer,
                        std::int64_t events);

// A message of a stream, read as far as counting needs it.
struct StreamAnswer {
  bool is_readable = false;
  std::string request_id;
  std::size_t code = 0;  // kOk, or the code of `error`.
  std::string error;     // Its message.
};

// Cheap: looks at the first bytes and decodes only errors.
StreamAnswer ReadStreamAnswer(const grpc::ByteBuffer& answer);

}  // namespace segrid::bench

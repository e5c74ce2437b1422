// A call of any method with any bytes.

#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>

namespace segrid::testing {

struct RawAnswer {
  bool has_message = false;  // The call answered one message or more.
  grpc::Status status;       // CANCELLED by us when it did.
};

// Calls `path` (`/package.Service/Method`) with one message of `bytes` and
// `token` as bearer ("" for none), until the first answer or the end. Works for
// unary methods and streams alike. At most 10 s.
RawAnswer CallRaw(const std::shared_ptr<grpc::Channel>& channel,
                  const std::string& path, const std::string& bytes,
                  const std::string& token = "");

}  // namespace segrid::testing

#include "client/internal/unary_call.h"

#include <string>

#include "client/internal/error_from_status.h"

namespace segrid::internal {

std::optional<Error> PrepareCall(const Channel& channel,
                                 const CallOptions& options,
                                 grpc::ClientContext& context) {
  const std::chrono::nanoseconds timeout =
      options.timeout.value_or(channel.timeout);
  if (timeout < std::chrono::milliseconds(1) ||
      timeout > std::chrono::hours(24)) {
    Error error;
    error.code = ErrorCode::kInvalidArgument;
    error.reason = "BAD_OPTION";
    error.message = "timeout must be 1 ms to 24 h";
    error.field_violations.push_back({"timeout", "must be 1 ms to 24 h"});
    return error;
  }
  context.set_deadline(
      std::chrono::system_clock::now() +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(timeout));
  context.set_wait_for_ready(channel.wait_for_ready);
  return std::nullopt;
}

Error ErrorOfCall(const Channel& channel, const grpc::Status& status) {
  Error error = ErrorFromStatus(status);
  if (error.code == ErrorCode::kDeadlineExceeded && error.reason.empty()) {
    const bool connected =
        channel.grpc->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY;
    if (connected) {
      error.message = "no answer from " + channel.address + " in time";
    } else {
      error.reason = "NOT_CONNECTED";
      error.message = "no connection to " + channel.address +
                      " in time; check the address and that the server runs";
    }
  }
  return error;
}

}  // namespace segrid::internal

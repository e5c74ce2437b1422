#include "client/internal/unary_call.h"

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "client/internal/call_failure.h"
#include "client/internal/error_from_status.h"
#include "client/internal/idempotency_key.h"

namespace segrid::internal {
namespace {

// gRPC says so in words only. Another wording costs the reason, nothing else.
bool NeverConnected(std::string_view message) {
  return message.starts_with("connections to all backends failing") ||
         message.starts_with("failed to connect to all addresses") ||
         message.starts_with("DNS resolution failed");
}

std::optional<Finding> AskProbe(const Channel& channel) {
  if (channel.probe == nullptr) return std::nullopt;
  return channel.probe->Ask();
}

// `…; last error: UNKNOWN: <cause>` without what is the same every time.
std::string LastCause(const std::string& message) {
  constexpr std::string_view kMark = "last error: ";
  const std::size_t mark = message.find(kMark);
  if (mark == std::string::npos) return message;
  std::string cause = message.substr(mark + kMark.size());
  if (cause.starts_with("UNKNOWN: ")) cause.erase(0, 9);
  return cause;
}

}  // namespace

std::optional<Error> PrepareCall(const Channel& channel,
                                 const CallOptions& options,
                                 grpc::ClientContext& context) {
  if (getpid() != channel.process) return Forked();
  if (auto bad = CheckCallOptions(options, kMaxKeyLengthOfPart)) return bad;
  if (options.stop.stop_requested()) return Stopped();
  const std::chrono::nanoseconds timeout =
      options.timeout.value_or(channel.timeout);
  context.set_deadline(
      std::chrono::system_clock::now() +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(timeout));
  context.set_wait_for_ready(channel.wait_for_ready);
  if (!channel.authorization.empty()) {
    context.AddMetadata("authorization", channel.authorization);
  }
  if (!options.idempotency_key.empty()) {
    context.AddMetadata(kIdempotencyKeyName, options.idempotency_key);
  }
  return std::nullopt;
}

Error ErrorOfCall(const Channel& channel, const CallOptions& options,
                  const grpc::Status& status) {
  if (status.error_code() == grpc::CANCELLED && options.stop.stop_requested()) {
    return Stopped();
  }
  Error error = ErrorFromStatus(status);
  if (!error.reason.empty()) return error;
  if (error.code == ErrorCode::kUnavailable && NeverConnected(error.message)) {
    error.reason = "NOT_CONNECTED";
    error.message = "cannot connect to " + channel.address + ": " +
                    LastCause(error.message);
    const std::optional<Finding> finding = AskProbe(channel);
    // gRPC itself names addresses that cannot be reached.
    if (finding && finding->cause != kUnreachable) {
      error.message =
          "cannot connect to " + channel.address + ": " + finding->message;
    }
    if (finding) error.metadata["cause"] = finding->cause;
  }
  if (error.code == ErrorCode::kDeadlineExceeded) {
    const bool connected =
        channel.grpc->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY;
    if (connected) {
      error.message = "no answer from " + channel.address + " in time";
      return error;
    }
    error.reason = "NOT_CONNECTED";
    error.message = "no connection to " + channel.address + " in time";
    const std::optional<Finding> finding = AskProbe(channel);
    error.message += finding ? ": " + finding->message
                             : "; check the address and that the server runs";
    if (finding) error.metadata["cause"] = finding->cause;
  }
  return error;
}

}  // namespace segrid::internal

#include "server/rpc/call_guard.h"

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "core/base/error_info.h"
#include "server/rpc/caller_metadata.h"
#include "server/rpc/error_status.h"

namespace segrid::rpc {

absl::Status CallGuard::Admit(const grpc::CallbackServerContext& context,
                              auth::Role role) const {
  if (!admission_.accepting()) return DrainingError();
  if (!authorizer_.open()) {
    // Holds what the caller has views of.
    std::shared_ptr<const grpc::AuthContext> proven;
    const auth::Caller caller = CallerOf(context, proven);
    if (absl::Status status = authorizer_.Check(caller, role); !status.ok()) {
      return status;
    }
  }
  if (DeadlineOf(context) <= clock_.Now()) {
    return base::MakeError(absl::StatusCode::kDeadlineExceeded, "TOO_LATE",
                           "the deadline was over before the work began: give "
                           "more time, or send less at a time");
  }
  return absl::OkStatus();
}

std::string CallGuard::Describe(
    const grpc::CallbackServerContext& context) const {
  std::shared_ptr<const grpc::AuthContext> proven;
  const auth::Caller caller = CallerOf(context, proven);
  return authorizer_.Describe(caller);
}

absl::StatusOr<ByteBudget::Share> CallGuard::TakeRoom(
    std::size_t message_bytes) {
  const auto size = static_cast<std::int64_t>(message_bytes);
  ByteBudget::Share share = bytes_.Take(size);
  if (!share && unwritten_.MakeRoom()) share = bytes_.Take(size);
  if (share) return share;
  absl::Status status = base::MakeError(
      absl::StatusCode::kResourceExhausted, "OVERLOADED",
      "too many bytes are being processed: grpc.max_bytes_in_flight, or "
      "max_bytes_in_flight of all listeners, is reached; retry later");
  base::SetRetryDelay(status, absl::Seconds(1));
  return status;
}

absl::StatusOr<ByteBudget::Share> CallGuard::TakeWaitingPlace() {
  ByteBudget::Share place = waiting_.Take(1);
  if (place) return place;
  absl::Status status = base::MakeError(
      absl::StatusCode::kResourceExhausted, "TOO_MANY_WAITING",
      "as many calls as grpc.max_waiting_calls allows are waiting for their "
      "delivery, so nothing was accepted: try again later, or forward without "
      "WAIT_DELIVERED");
  base::SetRetryDelay(status, absl::Seconds(1));
  return status;
}

}  // namespace segrid::rpc

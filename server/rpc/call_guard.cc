#include "server/rpc/call_guard.h"

#include <memory>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/base/error_info.h"
#include "server/rpc/caller_metadata.h"
#include "server/rpc/error_status.h"

namespace segrid::rpc {
namespace {

constexpr const char* kNameProperty = "x509_subject_alternative_name";

std::string_view View(grpc::string_ref text) {
  return {text.data(), text.size()};
}

absl::Status CheckCaller(const grpc::CallbackServerContext& context,
                         const auth::Authorizer& authorizer, auth::Role role) {
  // Holds what the names are views of.
  const std::shared_ptr<const grpc::AuthContext> proven =
      context.auth_context();
  auth::Caller caller{MetadataOf(context, "authorization"), {}};
  if (proven != nullptr && proven->IsPeerAuthenticated()) {
    for (const grpc::string_ref& name :
         proven->FindPropertyValues(kNameProperty)) {
      caller.names.push_back(View(name));
    }
  }
  return authorizer.Check(caller, role);
}

}  // namespace

absl::Status CallGuard::Admit(const grpc::CallbackServerContext& context,
                              auth::Role role) const {
  if (!admission_.accepting()) return DrainingError();
  if (!authorizer_.open()) {
    if (absl::Status status = CheckCaller(context, authorizer_, role);
        !status.ok()) {
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

absl::StatusOr<ByteBudget::Share> CallGuard::TakeRoom(
    std::size_t message_bytes) {
  ByteBudget::Share share =
      bytes_.Take(static_cast<std::int64_t>(message_bytes));
  if (share) return share;
  absl::Status status = base::MakeError(
      absl::StatusCode::kResourceExhausted, "OVERLOADED",
      "as many bytes as grpc.max_bytes_in_flight, or max_bytes_in_flight of "
      "all doors, allows are being worked on: try again later");
  base::SetRetryDelay(status, absl::Seconds(1));
  return status;
}

}  // namespace segrid::rpc

// What every call of ours is asked before it is worked on.

#pragma once

#include <grpcpp/server_context.h>

#include <cstddef>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "server/auth/authorizer.h"
#include "server/budget/byte_budget.h"
#include "server/rpc/admission.h"
#include "server/rpc/pace.h"

namespace segrid::rpc {

using budget::ByteBudget;

// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
// Ownership:     keeps references, which must outlive it.
class CallGuard {
 public:
  CallGuard(const Admission& admission, const auth::Authorizer& authorizer,
            base::Clock& clock, ByteBudget& bytes)
      : admission_(admission),
        authorizer_(authorizer),
        clock_(clock),
        bytes_(bytes),
        transforms_(clock),
        forwards_(clock) {}

  // OK when the call may begin, or:
  // UNAVAILABLE, DRAINING:       the server is stopping.
  // DEADLINE_EXCEEDED, TOO_LATE: nobody waits for the answer any more.
  // Besides, the errors of Authorizer::Check.
  absl::Status Admit(const grpc::CallbackServerContext& context,
                     auth::Role role) const;

  // Room for a message, held while it is worked on.
  // RESOURCE_EXHAUSTED, OVERLOADED: there is none; with RetryInfo.
  absl::StatusOr<ByteBudget::Share> TakeRoom(std::size_t message_bytes);

  // How long Transform and Forward take, without WAIT_DELIVERED.
  Pace& transforms() { return transforms_; }
  Pace& forwards() { return forwards_; }

  // True if no message is being worked on, and no stream is open.
  bool IsIdle() const {
    return bytes_.used_bytes() == 0 && admission_.open_count() == 0;
  }

 private:
  const Admission& admission_;
  const auth::Authorizer& authorizer_;
  base::Clock& clock_;
  ByteBudget& bytes_;
  Pace transforms_;  // Own locking, like the next.
  Pace forwards_;
};

}  // namespace segrid::rpc

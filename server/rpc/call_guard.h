// What every call of ours is asked before it is worked on.

#pragma once

#include <grpcpp/server_context.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/base/clock.h"
#include "core/config/config.h"
#include "server/auth/authorizer.h"
#include "server/budget/byte_budget.h"
#include "server/rpc/admission.h"
#include "server/rpc/known_caller.h"
#include "server/rpc/pace.h"
#include "server/rpc/taken_bytes.h"
#include "server/rpc/unwritten_responses.h"

namespace segrid::rpc {

using budget::ByteBudget;

// Thread safety: every method may be called from any thread at any time.
// Blocking:      WaitForForwards only.
// Ownership:     keeps references, which must outlive it.
class CallGuard {
 public:
  // `max_waiting` calls may wait for their delivery.
  CallGuard(const Admission& admission, const auth::Authorizer& authorizer,
            base::Clock& clock, ByteBudget& bytes,
            std::int64_t max_waiting = config::Grpc().max_waiting_calls)
      : admission_(admission),
        authorizer_(authorizer),
        clock_(clock),
        bytes_(bytes),
        unwritten_(clock, bytes),
        waiting_(max_waiting),
        transforms_(clock),
        forwards_(clock) {}

  // OK when the call may begin, or:
  // UNAVAILABLE, DRAINING:       the server is stopping.
  // DEADLINE_EXCEEDED, TOO_LATE: nobody waits for the answer any more.
  // Besides, the errors of Authorizer::Check.
  absl::Status Admit(const grpc::CallbackServerContext& context,
                     auth::Role role) const;

  // Who makes the call, for the log; see auth::Authorizer::Describe.
  std::string Describe(const grpc::CallbackServerContext& context) const;

  // The caller of a call that lasts; see KnownCaller.
  KnownCaller Remember(const grpc::CallbackServerContext& context,
                       std::optional<auth::Role> role) const {
    return KnownCaller(authorizer_, context, role);
  }

  // Room for a message, held while it is worked on. Where there is none, makes
  // some at the expense of clients that do not read their responses.
  // RESOURCE_EXHAUSTED, OVERLOADED: there is none; with RetryInfo.
  absl::StatusOr<ByteBudget::Share> TakeRoom(std::size_t message_bytes);

  // A place among the calls that wait for their delivery. Held until the call
  // is answered or ends.
  // RESOURCE_EXHAUSTED, TOO_MANY_WAITING: there is none; with RetryInfo.
  absl::StatusOr<ByteBudget::Share> TakeWaitingPlace();

  // Counts the bytes that calls took from their connections.
  TakenBytes& taken() { return taken_; }

  // Responses that are on their way to clients.
  UnwrittenResponses& unwritten() { return unwritten_; }

  // Around each Forward, from its begin to after its answer, because the queue
  // may answer when the call has ended and the server is being taken down.
  void BeginForward() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    ++forwarding_;
  }
  void EndForward() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    --forwarding_;
  }
  // Blocks until the queue has answered all of them.
  void WaitForForwards() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    const auto none = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return forwarding_ == 0;
    };
    mu_.Await(absl::Condition(&none));
  }

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
  TakenBytes taken_;  // Own locking.
  UnwrittenResponses unwritten_;
  ByteBudget waiting_;  // Of calls, not of bytes.
  Pace transforms_;     // Own locking, like the next.
  Pace forwards_;
  absl::Mutex mu_;
  std::int64_t forwarding_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace segrid::rpc

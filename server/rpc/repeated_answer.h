// A call that is answered again and again until somebody ends it.

#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/pool/executor.h"
#include "server/rpc/admin_environment.h"
#include "server/rpc/bytes.h"
#include "server/rpc/error_status.h"
#include "server/rpc/known_caller.h"
#include "server/rpc/unwritten_responses.h"

namespace segrid::rpc {

// Calls Answer() at once, and one interval after each answer was written. No
// thread waits. One of its methods runs at a time, but for End and EndForDrain.
//
// Ownership:     owns itself from Begin() until gRPC is done with it; the
//                environment outlives it.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
template <typename Response>
class RepeatedAnswer
    : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
      public OpenCall,
      public std::enable_shared_from_this<RepeatedAnswer<Response>> {
 public:
  void EndForDrain() final { End(ToGrpcStatus(DrainingError())); }
  void Recheck() final {
    const absl::Status allowed = caller_.Check();
    if (!allowed.ok()) End(ToGrpcStatus(allowed));
  }

 protected:
  RepeatedAnswer(const AdminEnvironment& environment,
                 grpc::CallbackServerContext& context, absl::Duration interval)
      : environment_(environment),
        caller_(environment.guard.Remember(context, auth::Role::kAdmin)),
        interval_(interval),
        entry_(context.c_call()) {}

  // Call once, when this is held by a shared_ptr. With an error, ends the call
  // at once.
  void Begin(const absl::Status& status) {
    self_ = this->shared_from_this();
    if (!status.ok()) {
      End(ToGrpcStatus(status));
    } else if (environment_.admission.Enter(self_)) {
      Answer();
    } else {
      EndForDrain();
    }
  }

  // Ends with one of Write(), AnswerLater() and End().
  virtual void Answer() = 0;
  // gRPC is done with the call.
  virtual void OnGone() {}

  // Writes response(), if the caller may still see it.
  void Write() ABSL_LOCKS_EXCLUDED(mu_) {
    if (!caller_.Check().ok()) return Recheck();
    bytes_ = SerializeMessage(response_);
    absl::MutexLock lock(&mu_);
    if (finished_) return;
    environment_.guard.unwritten().Add(entry_, bytes_.Length());
    this->StartWrite(&bytes_);
  }
  void AnswerLater() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    if (finished_) return;
    timer_ = environment_.executor.After(
        interval_, [self = this->shared_from_this()] { self->Answer(); });
  }
  void End(grpc::Status status) ABSL_LOCKS_EXCLUDED(mu_) {
    std::unique_ptr<pool::Timer> timer;  // Destroyed outside the lock.
    absl::MutexLock lock(&mu_);
    if (finished_) return;
    finished_ = true;
    timer = std::move(timer_);
    this->Finish(std::move(status));
  }

  const AdminEnvironment& environment() const { return environment_; }
  // What Write() writes; it stays as it is after that.
  Response& response() { return response_; }

 private:
  void OnWriteDone(bool ok) final {
    environment_.guard.unwritten().Remove(entry_, bytes_.Length());
    ok ? AnswerLater() : End(grpc::Status::CANCELLED);
  }
  void OnCancel() final { End(grpc::Status::CANCELLED); }
  void OnDone() final {
    OnGone();
    environment_.guard.unwritten().Forget(entry_);
    environment_.admission.Leave(self_);
    self_.reset();  // May delete this.
  }

  const AdminEnvironment& environment_;
  const KnownCaller caller_;
  const absl::Duration interval_;
  UnwrittenResponses::Entry entry_;
  std::shared_ptr<RepeatedAnswer> self_;  // Begin() to OnDone().
  Response response_;
  grpc::ByteBuffer bytes_;  // gRPC's during a write.

  absl::Mutex mu_;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  std::unique_ptr<pool::Timer> timer_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::rpc

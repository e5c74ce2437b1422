// A call that is answered again and again until somebody ends it.

#pragma once

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
#include "server/rpc/error_status.h"

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
    : public grpc::ServerWriteReactor<Response>,
      public OpenCall,
      public std::enable_shared_from_this<RepeatedAnswer<Response>> {
 public:
  void EndForDrain() final { End(ToGrpcStatus(DrainingError())); }

 protected:
  RepeatedAnswer(const AdminEnvironment& environment, absl::Duration interval)
      : environment_(environment), interval_(interval) {}

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

  // Writes response().
  void Write() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    if (!finished_) this->StartWrite(&response_);
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
  // gRPC's during a write, Answer's besides.
  Response& response() { return response_; }

 private:
  void OnWriteDone(bool ok) final {
    ok ? AnswerLater() : End(grpc::Status::CANCELLED);
  }
  void OnCancel() final { End(grpc::Status::CANCELLED); }
  void OnDone() final {
    OnGone();
    environment_.admission.Leave(self_);
    self_.reset();  // May delete this.
  }

  const AdminEnvironment& environment_;
  const absl::Duration interval_;
  std::shared_ptr<RepeatedAnswer> self_;  // Begin() to OnDone().
  Response response_;

  absl::Mutex mu_;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  std::unique_ptr<pool::Timer> timer_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::rpc

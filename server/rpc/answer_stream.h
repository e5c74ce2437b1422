// A bidi stream whose messages are each answered by one.

#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "server/auth/role.h"
#include "server/rpc/admission.h"
#include "server/rpc/bridge_environment.h"
#include "server/rpc/known_caller.h"
#include "server/rpc/taken_bytes.h"
#include "server/rpc/unwritten_responses.h"

namespace segrid::rpc {

// Reads messages one after the other, gives each to Handle(), and writes the
// answers in the order in which they come. Reads on only while fewer than
// `max_unanswered` messages wait for their answer or for its way to the caller,
// and the answers on their way are below 1 MiB, so a caller that does not read
// cannot fill the memory. Answers count as bytes in flight until written.
//
// The stream ends with OK when the caller has ended its side and all is
// answered; with the status of Fail() or, on drain, with UNAVAILABLE/DRAINING
// when what was read is answered; at once when the call is cancelled,
// or, with the error, when its caller loses the permission.
//
// Ownership:     owns itself, from Start() until gRPC is done with it; whoever
//                answers later shares it.
// Thread safety: Answer and Fail may be called from any thread.
// Blocking:      never.
class AnswerStream
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
      public OpenCall,
      public std::enable_shared_from_this<AnswerStream> {
 public:
  // Begins to read, or ends the call with `admitted` when that is an error.
  // Call once, when the stream is held by a shared_ptr.
  void Start(const absl::Status& admitted);

  void EndForDrain() final;
  void Recheck() final ABSL_LOCKS_EXCLUDED(mu_);

 protected:
  AnswerStream(const BridgeEnvironment& environment,
               grpc::CallbackServerContext& context, auth::Role role,
               std::size_t max_unanswered)
      : admission_(environment.admission),
        unwritten_(environment.guard.unwritten()),
        taken_(environment.guard.taken().Of(context)),
        caller_(environment.guard.Remember(context, role)),
        max_unanswered_(max_unanswered),
        entry_(context.c_call()) {}

  // Stops when the call has ended: nobody waits for answers.
  std::stop_token ended() const { return ended_.get_token(); }

  // Answers `message`, or fails the stream: exactly one call of Answer() or
  // Fail(), inline or later. Never called concurrently.
  virtual void Handle(const grpc::ByteBuffer& message) = 0;

  // The answer to one message. Dropped when the stream has ended.
  void Answer(grpc::ByteBuffer answer) ABSL_LOCKS_EXCLUDED(mu_);

  // The message cannot be answered: ends the stream with `status`, which is not
  // OK, after the answers that are still due.
  void Fail(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void OnReadDone(bool ok) final ABSL_LOCKS_EXCLUDED(mu_);
  void OnWriteDone(bool ok) final ABSL_LOCKS_EXCLUDED(mu_);
  void OnCancel() final ABSL_LOCKS_EXCLUDED(mu_);
  void OnDone() final;

  // Starts whatever can be started: the next read, the next write, the end.
  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EndWith(grpc::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Admission& admission_;
  UnwrittenResponses& unwritten_;
  const TakenBytes::Count taken_;  // Of the connection; may be null.
  const KnownCaller caller_;
  const std::size_t max_unanswered_;
  std::shared_ptr<AnswerStream> self_;  // Start() to OnDone().
  UnwrittenResponses::Entry entry_;
  std::stop_source ended_;
  grpc::ByteBuffer message_;  // gRPC's during a read, Handle's after it.

  absl::Mutex mu_;
  // A read is under way, or Handle() for its message.
  bool reading_ ABSL_GUARDED_BY(mu_) = false;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  // Why there is nothing more to read; unset while there may be.
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mu_);
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  std::size_t unanswered_ ABSL_GUARDED_BY(mu_) = 0;
  // The front is being written while `writing_`. A deque keeps it in its place.
  std::deque<grpc::ByteBuffer> answers_ ABSL_GUARDED_BY(mu_);
  std::size_t answers_bytes_ ABSL_GUARDED_BY(mu_) = 0;  // Of them all.
};

}  // namespace segrid::rpc

// A bidi stream whose messages are each answered by one.

#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "server/rpc/admission.h"

namespace segrid::rpc {

// Reads messages one after the other, gives each to Handle(), and writes the
// answers in the order in which they come. Reads on only while fewer than
// `max_unanswered` messages wait for their answer or for its way to the caller,
// so a caller that does not read cannot fill the memory.
//
// The stream ends with OK when the caller has ended its side and all is
// answered; with the status of Fail() or, on drain, with UNAVAILABLE/DRAINING
// when what was read is answered; at once when the call is cancelled.
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

 protected:
  AnswerStream(Admission& admission, std::size_t max_unanswered)
      : admission_(admission), max_unanswered_(max_unanswered) {}

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
  const std::size_t max_unanswered_;
  std::shared_ptr<AnswerStream> self_;  // Start() to OnDone().
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
};

}  // namespace segrid::rpc

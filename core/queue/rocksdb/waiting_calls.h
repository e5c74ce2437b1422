// The calls that wait for the writer and its assistant.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/queue/rocksdb/calls.h"

namespace segrid::queue::rocksdb {

// Keeps calls in their order, and hands them out in groups that fit one commit:
// to the writer, and to the assistant while a commit is on its way.
//
// Ownership:     owns the calls until they are taken.
// Thread safety: Post() and Stop() from any thread, Wait(), SetWriting() and
//                IsFinished() from the writer's, AwaitAssistance() and
//                TakeAhead() from the assistant's.
// Blocking:      Wait() and AwaitAssistance().
class WaitingCalls {
 public:
  using Calls = std::vector<Call>;

  // Bytes of JSON: so many may wait, and from so many on the assistant helps.
  WaitingCalls(std::int64_t max_waiting_bytes, std::int64_t min_ahead_bytes)
      : max_waiting_bytes_(max_waiting_bytes),
        min_ahead_bytes_(min_ahead_bytes) {}
  WaitingCalls(const WaitingCalls&) = delete;
  WaitingCalls& operator=(const WaitingCalls&) = delete;

  // False: too much is waiting already, and `call` keeps its `done`.
  bool Post(Call& call);
  // Ends all waiting.
  void Stop();
  // True after Stop() when nothing waits.
  bool IsFinished() const;

  // Waits at most `timeout` for something to do, and takes calls for one
  // commit. Takes none when the assistant's commit must be written first.
  Calls Wait(absl::Duration timeout);

  // Whether a commit is on its way to the disk: only then is there anything to
  // prepare for the next one.
  void SetWriting(bool writing);
  // Waits until enough calls wait while a commit is on its way. False after
  // Stop().
  bool AwaitAssistance();
  // Takes calls for the assistant; nullopt when it is no longer needed.
  std::optional<Calls> TakeAhead();

 private:
  bool NeedsAssistance() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Calls that may be done in one commit. One that waits for those before it
  // is taken alone.
  Calls Take() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::int64_t max_waiting_bytes_;
  const std::int64_t min_ahead_bytes_;

  mutable absl::Mutex mu_;
  Calls waiting_ ABSL_GUARDED_BY(mu_);
  std::int64_t waiting_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  int waiting_alone_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  // Bytes that the assistant took since the last Wait().
  std::int64_t ahead_bytes_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace segrid::queue::rocksdb

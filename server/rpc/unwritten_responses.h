// Counts the responses that wait for clients to read them.

#pragma once

#include <grpc/grpc.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "boost/intrusive/list.hpp"
#include "core/base/clock.h"
#include "server/budget/byte_budget.h"

namespace segrid::rpc {

// A response takes memory until its client grants the window to write it, so it
// counts in the budget of bytes in flight until then. A client that never reads
// would keep that room for good; therefore calls are ended when room is short:
// first those that wait for a second or longer while all responses together
// take more than a quarter of the budget, else those of the one connection that
// takes more than a quarter.
//
// Ownership:     keeps references to its parts.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class UnwrittenResponses {
 public:
  // The responses of one call. Belongs to the call's reactor: nothing is added
  // once the call may be over, and it is forgotten when gRPC is done with it.
  class Entry : public boost::intrusive::list_base_hook<> {
   public:
    explicit Entry(grpc_call* call) : call_(call) {}

   private:
    friend class UnwrittenResponses;

    grpc_call* const call_;
    std::int64_t bytes_ = 0;  // Guarded by the mutex, like `since_`.
    absl::Duration since_{};  // When a response was last added or written.
  };

  UnwrittenResponses(base::Clock& clock, budget::ByteBudget& bytes)
      : clock_(clock), budget_(bytes), quarter_(bytes.max_bytes() / 4) {}

  // One more response waits. Always takes the room, because the response is
  // there already.
  void Add(Entry& entry, std::size_t bytes) ABSL_LOCKS_EXCLUDED(mu_);
  // A response of `bytes` was written.
  void Remove(Entry& entry, std::size_t bytes) ABSL_LOCKS_EXCLUDED(mu_);
  // The call has ended: gives all of its room back.
  void Forget(Entry& entry) ABSL_LOCKS_EXCLUDED(mu_);

  // Ends calls as described above. True if that gave room back.
  bool MakeRoom() ABSL_LOCKS_EXCLUDED(mu_);

  std::int64_t bytes() const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return bytes_;
  }

 private:
  using Entries = boost::intrusive::list<Entry>;
  using Calls = std::vector<grpc_call*>;  // Each with a reference.

  void TakeStalled(absl::Duration now, Calls& ended)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakeLargestConnection(absl::Duration now, Calls& ended)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Gives the entry's room back and notes its call.
  Entries::iterator Take(Entries::iterator entry, Calls& ended)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Outside the lock, because gRPC may run Forget inside.
  static void End(const Calls& ended);

  base::Clock& clock_;
  budget::ByteBudget& budget_;
  const std::int64_t quarter_;

  mutable absl::Mutex mu_;
  Entries waiting_ ABSL_GUARDED_BY(mu_);  // Longest without progress first.
  std::int64_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Duration scanned_ ABSL_GUARDED_BY(mu_) = -absl::InfiniteDuration();
};

}  // namespace segrid::rpc

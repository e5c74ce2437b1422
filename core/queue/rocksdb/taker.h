// Lends messages: reads their chunks from the disk and notes who has them.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "core/pool/serial_thread.h"
#include "core/queue/queue.h"
#include "core/queue/rocksdb/body.h"
#include "core/queue/rocksdb/shared.h"

namespace segrid::queue::rocksdb {

// Ownership:     keeps a reference to `shared`.
// Thread safety: any thread.
// Blocking:      never: the reading is done in a thread of its own.
class Taker {
 public:
  explicit Taker(Shared& shared) : shared_(shared) {}

  // As Queue::Take, for a valid request.
  void Take(TakeRequest request, Queue::TakeDone done);

 private:
  // A chunk that was read lately: the next Take often begins where one ended.
  struct Cached {
    std::uint64_t generation;
    LaneId lane;
    Sequence first;
    std::shared_ptr<const Body> body;
  };
  struct Wanted {
    std::uint64_t generation;
    LaneId lane;
    Sequence first;
  };

  absl::StatusOr<Lease> TakeNow(const TakeRequest& request);
  // Lends what is due as long as chunks are in the cache; the first one that is
  // not, or nullopt when the lease is as it shall be.
  std::optional<Wanted> Lend(const TakeRequest& request, Lease& lease)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_.mu);
  bool LendRun(const TakeRequest& request, LaneBook& book, DueRun run,
               const Body& body, Lease& lease)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_.mu);
  const Body* FindCached(std::uint64_t generation, LaneId lane,
                         Sequence first) const;
  // Reads a chunk into the cache. A chunk that is settled meanwhile may be
  // gone: then the lane does not want it any more.
  absl::Status Read(const TakeRequest& request, const Wanted& wanted);
  bool IsStillWanted(const TakeRequest& request, const Wanted& wanted);

  Shared& shared_;

  // The taker's thread only.
  std::deque<Cached> cache_;
  std::int64_t lease_bytes_ = 0;

  pool::SerialThread thread_{"queue tasks"};  // Last: it uses the others.
};

}  // namespace segrid::queue::rocksdb

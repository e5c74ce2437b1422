// The bounded buffer of a BatchingForwarder: events in, batches out.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "client/batching_forwarder.h"

namespace segrid::internal {

struct BufferedEvent {
  v1::SendGridEvent event;
  std::uint64_t id = 0;
  std::int64_t bytes = 0;
  // Given by the buffer: position among all that were added, and when.
  std::int64_t sequence = 0;
  std::chrono::steady_clock::time_point added{};
};

// Thread safety: every method may be called from any thread at any time.
// Blocking: Add with WhenFull::kBlock, Take, WaitUntilSettled.
class EventBuffer {
 public:
  // `options` are valid and outlive the buffer.
  explicit EventBuffer(const BatchingOptions& options) : options_(options) {}

  // See BatchingForwarder::Add. `may_block` false: as with WhenFull::kFail.
  std::optional<Error> Add(BufferedEvent event, bool may_block = true);

  // The next batch, as soon as it is full, old or flushed; empty when the
  // buffer is closed and has nothing left.
  std::vector<BufferedEvent> Take();

  // Says what became of a batch that was taken.
  struct Settled {
    std::int64_t first_sequence = 0;  // Of the batch.
    std::int64_t accepted = 0;
    std::int64_t skipped = 0;
    std::int64_t rejected = 0;
    std::int64_t failed = 0;
    std::int64_t bytes = 0;
  };
  void Settle(const Settled& settled);

  // Makes Take() give what was added so far without waiting for more.
  void Flush();

  // Refuses new events, those that wait for room too, and flushes.
  void Close();

  // Waits until all that was added before has settled. False: too late.
  bool WaitUntilSettled(std::chrono::nanoseconds timeout);

  // Takes back all that no Take() has given out.
  std::vector<BufferedEvent> TakeBack();

  BatchingStats stats() const;

 private:
  using Lock = std::unique_lock<std::mutex>;

  bool HasRoom(std::int64_t bytes) const;
  bool BatchIsFull() const;
  std::vector<BufferedEvent> TakeLocked();

  const BatchingOptions& options_;
  mutable std::mutex mutex_;
  std::condition_variable room_;     // Something has settled, or closed.
  std::condition_variable events_;   // There may be a batch to take.
  std::condition_variable settled_;  // Something has settled.
  // Guarded by mutex_:
  std::deque<BufferedEvent> waiting_;
  std::int64_t waiting_bytes_ = 0;
  std::int64_t flush_until_ = 0;  // Events added before this one go at once.
  std::int64_t taken_ = 0;        // Events that were taken.
  std::set<std::int64_t> under_way_;  // First sequence of each batch.
  bool closed_ = false;
  BatchingStats stats_;
};

}  // namespace segrid::internal

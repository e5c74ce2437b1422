// A queue that lives in the process's memory and dies with it.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/queue/memory/dedup_window.h"
#include "core/queue/memory/lane.h"
#include "core/queue/queue.h"
#include "core/queue/subscribers.h"

namespace segrid::queue::memory {

// Sizes count the messages' JSON; the store needs about 100 bytes more for each
// message.
struct MemoryOptions {
  std::int64_t max_bytes = std::int64_t{256} << 20;  // All lanes together.
  std::int64_t max_lane_bytes = std::int64_t{256} << 20;
  absl::Duration dedup_window = absl::Hours(24);
  std::int64_t dedup_memory_bytes = 128 << 20;
  // Limits a lane's dead letters. Over the first there is no room for more;
  // older ones than the second are deleted.
  std::int64_t max_dead_letter_bytes = 32 << 20;
  absl::Duration max_dead_letter_age = absl::Hours(24 * 30);
};

// Ownership:     keeps a reference to the clock. Destroy it after its
//                subscriptions.
// Thread safety: as Queue.
// Blocking:      never; `done` always runs inline.
// Errors:        never UNAVAILABLE or DATA_LOSS.
class MemoryQueue final : public Queue {
 public:
  MemoryQueue(MemoryOptions options, base::Clock& clock);

  void Append(AppendBatch batch, AppendDone done) override;
  void Take(TakeRequest request, TakeDone done) override;
  void Renew(std::string lane, std::uint64_t lease_id, absl::Duration duration,
             Done done) override;
  void Ack(Settlement settlement, Done done) override;
  void Defer(Settlement settlement, Deferral deferral, Done done) override;
  void DeadLetter(Settlement settlement, Death death, Done done) override;
  void GetProgress(std::string lane, Ticket ticket, ProgressDone done) override;
  [[nodiscard]] std::unique_ptr<Subscription> Subscribe(
      std::string lane, std::function<void()> on_ready) override;
  absl::StatusOr<DeadLetterPage> ListDeadLetters(
      const DeadLetterQuery& query) override;
  absl::StatusOr<std::int64_t> ReplayDeadLetters(
      const DeadLetterFilter& filter) override;
  absl::StatusOr<std::int64_t> PurgeDeadLetters(
      const DeadLetterFilter& filter) override;
  absl::StatusOr<DroppedLane> DropLane(std::string_view lane) override;
  absl::StatusOr<Erased> Erase(const EraseRequest& request) override;
  absl::StatusOr<std::vector<LaneStats>> ListLanes() override;
  absl::StatusOr<std::int64_t> CountPendingUntil(std::string_view lane,
                                                 absl::Time time) override;
  absl::StatusOr<LaneStats> GetLaneStats(std::string_view lane) override;
  absl::StatusOr<StoreStats> GetStoreStats() override;

 private:
  absl::StatusOr<AppendResult> AppendLocked(const AppendBatch& batch)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status CheckRoom(const AppendBatch& batch,
                         const std::vector<std::vector<bool>>& fresh)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Lane& LaneOf(std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::int64_t TotalBytes() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void DropOldDeadLetters(Lane& lane) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const MemoryOptions options_;
  base::Clock& clock_;

  absl::Mutex mu_;
  std::map<std::string, Lane, std::less<>> lanes_ ABSL_GUARDED_BY(mu_);
  DedupWindow dedup_ ABSL_GUARDED_BY(mu_);
  std::uint64_t last_lease_id_ ABSL_GUARDED_BY(mu_) = 0;

  Subscribers subscribers_;  // Own locking.
};

}  // namespace segrid::queue::memory

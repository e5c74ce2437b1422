// The durable queue: a store in a directory of its own, on RocksDB. See
// README.md for how it works and FORMAT.md for its bytes.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/queue/queue.h"
#include "core/queue/rocksdb/options.h"

namespace segrid::queue::rocksdb {

// Append answers OK when everything is synced, for many callers at once. Ack is
// written at once and synced with the next append. While the disk fails or is
// full, Append is refused, Take and Ack go on as far as the disk can be read,
// and the store tries again by itself.
//
// Ownership:     keeps a reference to the clock. Destroy it after its
//                subscriptions; the destructor answers every call first.
// Thread safety: as Queue. One process at a time.
// Blocking:      as Queue. Open reads a record per chunk that is pending or
//                was accepted within the deduplication window.
// Errors:        as Queue.
class RocksQueue final : public Queue {
 public:
  // FAILED_PRECONDITION/QUEUE_LOCKED:  another process uses the directory.
  // FAILED_PRECONDITION/QUEUE_FORMAT:  a newer version wrote it.
  // FAILED_PRECONDITION/BAD_DATA_DIR:  it cannot be made or written.
  // DATA_LOSS/QUEUE_CORRUPT:           what it holds is damaged: see repair.h.
  // UNAVAILABLE/QUEUE_UNAVAILABLE:     the disk failed.
  static absl::StatusOr<std::unique_ptr<RocksQueue>> Open(RocksOptions options,
                                                          base::Clock& clock);
  ~RocksQueue() override;

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
  class State;

  explicit RocksQueue(std::unique_ptr<State> state);

  const std::unique_ptr<State> state_;
};

}  // namespace segrid::queue::rocksdb

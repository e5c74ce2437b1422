#include "core/queue/memory/memory_queue.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/queue/errors.h"

namespace segrid::queue::memory {

MemoryQueue::MemoryQueue(MemoryOptions options, base::Clock& clock)
    : options_(options),
      clock_(clock),
      dedup_(options.dedup_window,
             options.dedup_memory_bytes / DedupWindow::kBytesPerId) {}

Lane& MemoryQueue::LaneOf(std::string_view name) {
  const auto found = lanes_.find(name);
  if (found != lanes_.end()) return found->second;
  return lanes_.emplace(std::string(name), Lane(std::string(name)))
      .first->second;
}

std::int64_t MemoryQueue::TotalBytes() const {
  std::int64_t bytes = 0;
  for (const auto& [name, lane] : lanes_) bytes += lane.bytes();
  return bytes;
}

void MemoryQueue::Append(AppendBatch batch, AppendDone done) {
  if (absl::Status valid = ValidateBatch(batch); !valid.ok()) {
    return done(std::move(valid));
  }
  absl::StatusOr<AppendResult> result;
  {
    absl::MutexLock lock(&mu_);
    result = AppendLocked(batch);
  }
  for (std::size_t i = 0; result.ok() && i < batch.chunks.size(); ++i) {
    if (result->lanes[i].accepted > 0) {
      subscribers_.Notify(batch.chunks[i].lane);
    }
  }
  done(std::move(result));
}

absl::StatusOr<AppendResult> MemoryQueue::AppendLocked(
    const AppendBatch& batch) {
  const absl::Duration uptime = clock_.Uptime();
  dedup_.Trim(uptime);
  std::vector<std::vector<bool>> fresh(batch.chunks.size());
  std::size_t inserted = 0;
  for (std::size_t i = 0; i < batch.chunks.size(); ++i) {
    const Chunk& chunk = batch.chunks[i];
    fresh[i].reserve(chunk.messages.size());
    for (const Message& message : chunk.messages) {
      fresh[i].push_back(dedup_.Insert(
          DedupWindow::KeyOf(chunk.lane, chunk.id(message)), uptime));
      inserted += fresh[i].back() ? 1 : 0;
    }
  }
  if (absl::Status room = CheckRoom(batch, fresh); !room.ok()) {
    dedup_.Undo(inserted);
    return room;
  }
  const absl::Time now = clock_.Now();
  AppendResult result;
  for (std::size_t i = 0; i < batch.chunks.size(); ++i) {
    result.lanes.push_back(
        LaneOf(batch.chunks[i].lane).Append(batch.chunks[i], fresh[i], now));
  }
  dedup_.Trim(uptime);
  return result;
}

absl::Status MemoryQueue::CheckRoom(
    const AppendBatch& batch, const std::vector<std::vector<bool>>& fresh) {
  std::int64_t added = 0;
  for (std::size_t i = 0; i < batch.chunks.size(); ++i) {
    const Chunk& chunk = batch.chunks[i];
    std::int64_t lane_added = 0;
    for (std::size_t j = 0; j < fresh[i].size(); ++j) {
      lane_added += fresh[i][j] ? chunk.messages[j].size_bytes : 0;
    }
    if (lane_added > 0 &&
        LaneOf(chunk.lane).bytes() + lane_added > options_.max_lane_bytes) {
      return QueueFull(absl::StrCat("lane '", chunk.lane, "' of the queue"),
                       options_.max_lane_bytes);
    }
    added += lane_added;
  }
  if (added > 0 && TotalBytes() + added > options_.max_bytes) {
    return QueueFull("the queue", options_.max_bytes);
  }
  return absl::OkStatus();
}

void MemoryQueue::Take(TakeRequest request, TakeDone done) {
  if (absl::Status valid = ValidateTake(request); !valid.ok()) {
    return done(std::move(valid));
  }
  Lease lease;
  {
    absl::MutexLock lock(&mu_);
    lease = LaneOf(request.lane).Take(request, ++last_lease_id_, clock_.Now());
  }
  done(std::move(lease));
}

void MemoryQueue::Renew(std::string lane, std::uint64_t lease_id,
                        absl::Duration duration, Done done) {
  absl::Status status;
  {
    absl::MutexLock lock(&mu_);
    const absl::Time now = clock_.Now();
    status = LaneOf(lane).Renew(lease_id, now + duration, now);
  }
  done(std::move(status));
}

void MemoryQueue::Ack(Settlement settlement, Done done) {
  {
    absl::MutexLock lock(&mu_);
    LaneOf(settlement.lane).Ack(settlement);
  }
  done(absl::OkStatus());
}

void MemoryQueue::Defer(Settlement settlement, Deferral deferral, Done done) {
  {
    absl::MutexLock lock(&mu_);
    LaneOf(settlement.lane).Defer(settlement, deferral, clock_.Now());
  }
  done(absl::OkStatus());
}

void MemoryQueue::DeadLetter(Settlement settlement, Death death, Done done) {
  absl::Status status;
  {
    absl::MutexLock lock(&mu_);
    Lane& lane = LaneOf(settlement.lane);
    DropOldDeadLetters(lane);
    if (!lane.DeadLetter(settlement, death, clock_.Now(),
                         options_.max_dead_letter_bytes)) {
      status = DeadLettersFull(settlement.lane, options_.max_dead_letter_bytes);
    }
  }
  done(std::move(status));
}

void MemoryQueue::DropOldDeadLetters(Lane& lane) {
  const DeadLetterBox& box = lane.dead_letters();
  const absl::Time too_old = clock_.Now() - options_.max_dead_letter_age;
  while (!box.empty() && box.oldest().dead_time < too_old) {
    lane.Expire(box.oldest().id);
  }
}

void MemoryQueue::GetProgress(std::string lane, Ticket ticket,
                              ProgressDone done) {
  Progress progress;
  {
    absl::MutexLock lock(&mu_);
    progress = LaneOf(lane).GetProgress(ticket);
  }
  done(progress);
}

std::unique_ptr<Subscription> MemoryQueue::Subscribe(
    std::string lane, std::function<void()> on_ready) {
  return subscribers_.Add(std::move(lane), std::move(on_ready));
}

absl::StatusOr<DeadLetterPage> MemoryQueue::ListDeadLetters(
    const DeadLetterQuery& query) {
  SEGRID_RETURN_IF_ERROR(ValidatePage(query));
  absl::MutexLock lock(&mu_);
  Lane& lane = LaneOf(query.filter.lane);
  DropOldDeadLetters(lane);
  return lane.dead_letters().List(query);
}

absl::StatusOr<std::int64_t> MemoryQueue::ReplayDeadLetters(
    const DeadLetterFilter& filter) {
  std::int64_t replayed = 0;
  {
    absl::MutexLock lock(&mu_);
    Lane& lane = LaneOf(filter.lane);
    DropOldDeadLetters(lane);
    // The bytes move from the dead letters to the pending messages: there is
    // always room.
    std::vector<std::uint64_t> ids;
    for (const auto* letter : lane.dead_letters().Select(filter)) {
      ids.push_back(letter->id);
    }
    const absl::Time now = clock_.Now();
    for (const std::uint64_t id : ids) lane.Replay(id, now);
    replayed = std::ssize(ids);
  }
  if (replayed > 0) subscribers_.Notify(filter.lane);
  return replayed;
}

absl::StatusOr<std::int64_t> MemoryQueue::PurgeDeadLetters(
    const DeadLetterFilter& filter) {
  absl::MutexLock lock(&mu_);
  Lane& lane = LaneOf(filter.lane);
  DropOldDeadLetters(lane);
  std::vector<std::uint64_t> ids;
  for (const auto* letter : lane.dead_letters().Select(filter)) {
    ids.push_back(letter->id);
  }
  for (const std::uint64_t id : ids) lane.Purge(id);
  return std::ssize(ids);
}

absl::StatusOr<DroppedLane> MemoryQueue::DropLane(std::string_view lane) {
  absl::MutexLock lock(&mu_);
  return LaneOf(lane).DropAll();
}

absl::StatusOr<Erased> MemoryQueue::Erase(const EraseRequest& request) {
  absl::MutexLock lock(&mu_);
  const absl::Time now = clock_.Now();
  Erased all;
  for (auto& [name, lane] : lanes_) {
    if (!request.lane.empty() && name != request.lane) continue;
    DropOldDeadLetters(lane);
    const ErasedLane erased = lane.Erase(request, now);
    if (erased.pending + erased.dead_letters + erased.answers > 0) {
      all.lanes.push_back(erased);
    }
  }
  return all;
}

absl::StatusOr<std::vector<LaneStats>> MemoryQueue::ListLanes() {
  absl::MutexLock lock(&mu_);
  std::vector<LaneStats> lanes;
  for (const auto& [name, lane] : lanes_) {
    LaneStats stats = lane.stats();
    if (stats.pending > 0 || stats.dead_letters > 0) {
      lanes.push_back(std::move(stats));
    }
  }
  return lanes;
}

absl::StatusOr<std::int64_t> MemoryQueue::CountPendingUntil(
    std::string_view lane, absl::Time time) {
  absl::MutexLock lock(&mu_);
  return LaneOf(lane).CountPendingUntil(time);
}

absl::StatusOr<LaneStats> MemoryQueue::GetLaneStats(std::string_view lane) {
  absl::MutexLock lock(&mu_);
  return LaneOf(lane).stats();
}

absl::StatusOr<StoreStats> MemoryQueue::GetStoreStats() {
  absl::MutexLock lock(&mu_);
  StoreStats stats;
  stats.bytes = TotalBytes();
  stats.max_bytes = options_.max_bytes;
  stats.dedup_ids = dedup_.size();
  stats.dedup_window = dedup_.EffectiveWindow(clock_.Uptime());
  stats.ready = stats.bytes < stats.max_bytes;
  if (!stats.ready) stats.not_ready_reason = "the queue is full";
  return stats;
}

}  // namespace segrid::queue::memory

#include "core/queue/rocksdb/rocks_queue.h"

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "core/base/status_macros.h"
#include "core/queue/errors.h"
#include "core/queue/rocksdb/state.h"

namespace segrid::queue::rocksdb {

RocksQueue::RocksQueue(std::unique_ptr<State> state)
    : state_(std::move(state)) {}

RocksQueue::~RocksQueue() {
  // The taker first: it needs the disk and nobody else.
  state_->taker.reset();
  state_->writer.reset();
}

absl::StatusOr<std::unique_ptr<RocksQueue>> RocksQueue::Open(
    RocksOptions options, base::Clock& clock) {
  auto state = std::make_unique<State>(std::move(options), clock);
  Shared& shared = state->shared;
  SEGRID_ASSIGN_OR_RETURN(shared.disk, Disk::Open(shared.options));
  SEGRID_ASSIGN_OR_RETURN(shared.books, shared.disk->Load(clock.Now()));
  {
    absl::MutexLock lock(&shared.mu);
    shared.health.has_room = shared.disk->HasRoom();
    // Not those of an earlier life.
    shared.last_lease_id =
        static_cast<std::uint64_t>(absl::GetCurrentTimeNanos());
  }
  state->Start();
  return std::unique_ptr<RocksQueue>(new RocksQueue(std::move(state)));
}

void RocksQueue::Append(AppendBatch batch, AppendDone done) {
  if (absl::Status valid = ValidateBatch(batch); !valid.ok()) {
    return done(std::move(valid));
  }
  AppendCall append{.batch = std::move(batch), .done = std::move(done)};
  append.ids.reserve(append.batch.chunks.size());
  append.packed.reserve(append.batch.chunks.size());
  for (const Chunk& chunk : append.batch.chunks) {
    std::vector<IdHash>& ids = append.ids.emplace_back();
    ids.reserve(chunk.messages.size());
    for (const Message& message : chunk.messages) {
      ids.push_back(HashId(chunk.lane, chunk.id(message)));
    }
    append.packed.push_back(PackChunk(chunk));
  }
  Call call = std::move(append);
  if (state_->writer->Post(call)) return;
  std::get<AppendCall>(call).done(QueueFull(
      "what waits for the disk", state_->shared.options.max_waiting_bytes));
}

void RocksQueue::Take(TakeRequest request, TakeDone done) {
  if (absl::Status valid = ValidateTake(request); !valid.ok()) {
    return done(std::move(valid));
  }
  state_->taker->Take(std::move(request), std::move(done));
}

void RocksQueue::Renew(std::string lane, std::uint64_t lease_id,
                       absl::Duration duration, Done done) {
  absl::Status status;
  {
    absl::MutexLock lock(&state_->shared.mu);
    const absl::Time now = state_->shared.clock.Now();
    // A lane that nobody appended to has no loans, like any other.
    LaneBook* const book = state_->shared.books->Find(lane);
    status = book == nullptr ? Lane(lane, 0, 1).Renew(lease_id, now, now)
                             : book->lane.Renew(lease_id, now + duration, now);
  }
  done(std::move(status));
}

void RocksQueue::Ack(Settlement settlement, Done done) {
  Call call =
      AckCall{.settlement = std::move(settlement), .done = std::move(done)};
  state_->writer->Post(call);
}

void RocksQueue::Defer(Settlement settlement, Deferral deferral, Done done) {
  {
    absl::MutexLock lock(&state_->shared.mu);
    if (LaneBook* const book = state_->shared.books->Find(settlement.lane)) {
      book->lane.Defer(settlement, deferral, state_->shared.clock.Now());
    }
  }
  done(absl::OkStatus());
}

void RocksQueue::DeadLetter(Settlement settlement, Death death, Done done) {
  Call call = DeadLetterCall{.settlement = std::move(settlement),
                             .death = std::move(death),
                             .done = std::move(done)};
  state_->writer->Post(call);
}

void RocksQueue::GetProgress(std::string lane, Ticket ticket,
                             ProgressDone done) {
  Progress progress{.delivered = ticket.count};
  {
    absl::MutexLock lock(&state_->shared.mu);
    if (const LaneBook* const book = state_->shared.books->Find(lane)) {
      progress = book->lane.GetProgress(ticket);
    }
  }
  done(progress);
}

std::unique_ptr<Subscription> RocksQueue::Subscribe(
    std::string lane, std::function<void()> on_ready) {
  return state_->shared.subscribers.Add(std::move(lane), std::move(on_ready));
}

absl::StatusOr<std::int64_t> RocksQueue::CountPendingUntil(
    std::string_view lane, absl::Time time) {
  absl::MutexLock lock(&state_->shared.mu);
  const LaneBook* const book = state_->shared.books->Find(lane);
  return book == nullptr ? 0 : book->lane.CountPendingUntil(time);
}

absl::StatusOr<LaneStats> RocksQueue::GetLaneStats(std::string_view lane) {
  absl::MutexLock lock(&state_->shared.mu);
  if (const LaneBook* const book = state_->shared.books->Find(lane)) {
    return book->lane.stats();
  }
  return LaneStats{.lane = std::string(lane)};
}

absl::StatusOr<std::vector<LaneStats>> RocksQueue::ListLanes() {
  absl::MutexLock lock(&state_->shared.mu);
  std::vector<LaneStats> lanes;
  for (const auto& [name, book] : state_->shared.books->lanes) {
    const Lane& lane = book->lane;
    if (lane.pending() > 0 || lane.dead_letters.count() > 0) {
      lanes.push_back(lane.stats());
    }
  }
  return lanes;
}

absl::StatusOr<StoreStats> RocksQueue::GetStoreStats() {
  Shared& shared = state_->shared;
  absl::MutexLock lock(&shared.mu);
  StoreStats stats;
  stats.bytes = shared.books->Bytes();
  stats.max_bytes = shared.options.max_bytes;
  stats.dedup_ids = shared.books->dedup.size();
  stats.dedup_window = shared.books->dedup.EffectiveWindow(shared.clock.Now());
  const Health health = shared.health;
  if (!health.corrupt.ok()) {
    stats.not_ready_reason = std::string(health.corrupt.message());
  } else if (!health.broken.ok()) {
    stats.not_ready_reason = std::string(health.broken.message());
  } else if (!health.place.ok()) {
    stats.not_ready_reason = std::string(health.place.message());
  } else if (!health.has_room) {
    stats.not_ready_reason =
        std::string(DiskFull(shared.options.reserve_bytes).message());
  } else if (stats.bytes >= stats.max_bytes) {
    stats.not_ready_reason = "the queue is full";
  }
  stats.ready = stats.not_ready_reason.empty();
  stats.backups = state_->writer->backups().stats();
  return stats;
}

}  // namespace segrid::queue::rocksdb

#include "core/queue/rocksdb/rocks_queue.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "core/base/status_macros.h"
#include "core/queue/errors.h"
#include "core/queue/rocksdb/eraser.h"
#include "core/queue/rocksdb/records.h"
#include "core/queue/rocksdb/state.h"

namespace segrid::queue::rocksdb {
namespace {

// Letters that one commit replays: about 6 MB, at worst 33.
constexpr std::size_t kReplayAtOnce = 1'000;

// nullopt: it is gone, or `lane` is.
absl::StatusOr<std::optional<DeadLetter>> ReadLetter(Shared& shared,
                                                     LaneId lane,
                                                     std::uint64_t id) {
  absl::ReaderMutexLock lock(&shared.disk_mu);
  const Database* const database = shared.disk->database();
  if (database == nullptr) {
    absl::MutexLock health_lock(&shared.mu);
    return shared.health.broken;
  }
  const std::string key = SequenceKey(lane, id);
  SEGRID_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                          database->Get(Family::kDead, key));
  if (!value.has_value()) return std::nullopt;
  std::optional<DeadLetter> letter = ParseDeadLetter(*value, key);
  if (!letter.has_value()) {
    return Corrupt(absl::StrCat("dead letter ", id, " cannot be read"));
  }
  return letter;
}

}  // namespace

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

absl::StatusOr<DeadLetterPage> RocksQueue::ListDeadLetters(
    const DeadLetterQuery& query) {
  SEGRID_RETURN_IF_ERROR(ValidatePage(query));
  // The token is the id before which the page ends.
  std::uint64_t before = ~std::uint64_t{0};
  if (!query.page_token.empty() &&
      !absl::SimpleAtoi(query.page_token, &before)) {
    return BadPageToken();
  }
  // Letters that are too old are dropped first, if the disk lets it; the filter
  // selects nothing.
  state_->Wait<PurgeCall>({.lane = query.filter.lane, .ids = {0}})
      .IgnoreError();
  const auto page_size = static_cast<std::size_t>(query.page_size);
  std::vector<std::uint64_t> ids;
  LaneId lane = 0;
  {
    absl::MutexLock lock(&state_->shared.mu);
    const LaneBook* const book = state_->shared.books->Find(query.filter.lane);
    if (book == nullptr) return DeadLetterPage();
    lane = book->lane.id();
    ids = book->lane.dead_letters.SelectNewest(query.filter, before,
                                               page_size + 1);
  }
  DeadLetterPage page;
  if (ids.size() > page_size) {
    ids.pop_back();
    page.next_page_token = absl::StrCat(ids.back());
  }
  for (const std::uint64_t id : ids) {
    SEGRID_ASSIGN_OR_RETURN(std::optional<queue::DeadLetter> letter,
                            ReadLetter(state_->shared, lane, id));
    if (!letter.has_value()) continue;
    letter->lane = query.filter.lane;
    if (!query.with_track) letter->track = Bytes();
    page.dead_letters.push_back(*std::move(letter));
  }
  return page;
}

absl::StatusOr<std::int64_t> RocksQueue::ReplayDeadLetters(
    const DeadLetterFilter& filter) {
  std::vector<std::uint64_t> ids;
  {
    absl::MutexLock lock(&state_->shared.mu);
    const LaneBook* const book = state_->shared.books->Find(filter.lane);
    if (book == nullptr) return 0;
    ids = book->lane.dead_letters.Select(filter);
  }
  std::int64_t replayed = 0;
  for (std::size_t begin = 0; begin < ids.size(); begin += kReplayAtOnce) {
    const auto first = ids.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto count = std::min(kReplayAtOnce, ids.size() - begin);
    DeadLetterFilter part{.lane = filter.lane};
    part.ids.assign(first, first + static_cast<std::ptrdiff_t>(count));
    SEGRID_ASSIGN_OR_RETURN(const std::int64_t some,
                            state_->Wait<ReplayCall>(part));
    replayed += some;
  }
  return replayed;
}

absl::StatusOr<std::int64_t> RocksQueue::PurgeDeadLetters(
    const DeadLetterFilter& filter) {
  return state_->Wait<PurgeCall>(filter);
}

absl::StatusOr<DroppedLane> RocksQueue::DropLane(std::string_view lane) {
  absl::StatusOr<DroppedLane> answer;
  absl::Notification done;
  Call call = DropCall{.lane = std::string(lane),
                       .done = [&](absl::StatusOr<DroppedLane> dropped) {
                         answer = dropped;
                         done.Notify();
                       }};
  state_->writer->Post(call);
  done.WaitForNotification();
  return answer;
}

absl::StatusOr<Erased> RocksQueue::Erase(const EraseRequest& request) {
  return Eraser(state_->shared, *state_->writer, request).Run();
}

}  // namespace segrid::queue::rocksdb

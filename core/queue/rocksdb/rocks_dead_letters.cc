// The part of the durable queue that is about dead letters.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "core/base/status_macros.h"
#include "core/queue/errors.h"
#include "core/queue/rocksdb/eraser.h"
#include "core/queue/rocksdb/records.h"
#include "core/queue/rocksdb/rocks_queue.h"
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

absl::StatusOr<DeadLetterPage> RocksQueue::ListDeadLetters(
    const DeadLetterQuery& query) {
  SEGRID_RETURN_IF_ERROR(ValidatePage(query));
  // The token is the id before which the page ends.
  std::uint64_t before = ~std::uint64_t{0};
  if (!query.page_token.empty() &&
      !absl::SimpleAtoi(query.page_token, &before)) {
    return BadPageToken();
  }
  // What is too old is dropped first, if the disk lets it; the filter selects
  // nothing.
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

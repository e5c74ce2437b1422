#include "core/queue/rocksdb/eraser.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/queue/rocksdb/body.h"
#include "core/queue/rocksdb/records.h"

namespace segrid::queue::rocksdb {
namespace {

// Is read at once, so that the database can be opened again in between; and is
// written in one commit.
constexpr std::int64_t kPartBytes = 16 << 20;
constexpr std::size_t kPartChunks = 16;  // At most 16 MiB.
constexpr std::size_t kPartLetters = 1'000;
// A message moves when it becomes a dead letter, and when that is replayed. So
// what came after the look began is looked at, too, until nothing is found;
// somebody would have to replay it once for each time to escape.
constexpr int kMaxLooks = 10;

bool IsEmpty(const ErasedLane& erased) {
  return erased.pending + erased.dead_letters + erased.answers == 0;
}

}  // namespace

absl::StatusOr<Erased> Eraser::Run() {
  Erased all;
  for (const Place& place : Lanes()) {
    ErasedLane erased{.lane = place.lane};
    SEGRID_RETURN_IF_ERROR(EraseLane(place, erased));
    if (!IsEmpty(erased)) all.lanes.push_back(std::move(erased));
  }
  // Also when nothing was found: an earlier run may have ended before this.
  if (!request_.dry_run) SEGRID_RETURN_IF_ERROR(RewriteFiles());
  all.leftovers = shared_.disk->directory().Leftovers();
  return all;
}

std::vector<Eraser::Place> Eraser::Lanes() const {
  absl::MutexLock lock(&shared_.mu);
  std::vector<Place> lanes;
  for (const auto& [name, book] : shared_.books->lanes) {
    if (!request_.lane.empty() && name != request_.lane) continue;
    lanes.push_back({.lane = name, .id = book->lane.id()});
  }
  return lanes;
}

absl::Status Eraser::EraseLane(Place place, ErasedLane& erased) {
  for (int look = 0; look < kMaxLooks; ++look) {
    Place next = place;
    {
      absl::MutexLock lock(&shared_.mu);
      const LaneBook* const book = shared_.books->Find(place.lane);
      if (book == nullptr) return absl::OkStatus();
      next.body = book->lane.next();
      next.letter = book->lane.dead_letters.next_id();
    }
    ErasedLane found_now{.lane = place.lane};
    // Bodies first, because messages move from there to the letters.
    for (bool more = true; more;) {
      EraseCall found{.lane = place.lane, .dry_run = request_.dry_run};
      SEGRID_ASSIGN_OR_RETURN(more, ReadBodies(place, found));
      SEGRID_RETURN_IF_ERROR(EraseFound(found, found_now));
    }
    for (bool more = true; more;) {
      EraseCall found{.lane = place.lane, .dry_run = request_.dry_run};
      SEGRID_ASSIGN_OR_RETURN(more, ReadLetters(place, found));
      SEGRID_RETURN_IF_ERROR(EraseFound(found, found_now));
    }
    erased.pending += found_now.pending;
    erased.on_loan += found_now.on_loan;
    erased.dead_letters += found_now.dead_letters;
    erased.answers += found_now.answers;
    if (look > 0 && IsEmpty(found_now)) break;
    place = next;
  }
  return absl::OkStatus();
}

bool Eraser::IsEnough(std::int64_t bytes, const EraseCall& found) {
  return bytes >= kPartBytes || found.chunks.size() >= kPartChunks ||
         found.letters.size() + found.answers.size() >= kPartLetters;
}

absl::StatusOr<bool> Eraser::ReadPart(Family family, LaneId lane,
                                      Sequence& from, const EraseCall& found,
                                      const ReadValue& read) const {
  absl::ReaderMutexLock lock(&shared_.disk_mu);
  const Database* const database = shared_.disk->database();
  if (database == nullptr) {
    absl::MutexLock health_lock(&shared_.mu);
    return shared_.health.broken;
  }
  bool more = false;
  std::int64_t bytes = 0;
  absl::Status damaged;
  SEGRID_RETURN_IF_ERROR(
      database->ForEach(family, SequenceKey(lane, from),
                        [&](std::string_view key, std::string_view value) {
                          const auto at = ParseSequenceKey(key);
                          if (!at.has_value() || at->first != lane)
                            return false;
                          if (IsEnough(bytes, found)) {
                            from = at->second;
                            more = true;
                            return false;
                          }
                          bytes += static_cast<std::int64_t>(value.size());
                          damaged = read(at->second, key, value);
                          return damaged.ok();
                        }));
  SEGRID_RETURN_IF_ERROR(damaged);
  return more;
}

absl::StatusOr<bool> Eraser::ReadBodies(Place& place, EraseCall& found) const {
  return ReadPart(Family::kBodies, place.id, place.body, found,
                  [&](Sequence first, std::string_view key,
                      std::string_view value) -> absl::Status {
                    const std::optional<Body> body = Body::Parse(value, key);
                    if (!body.has_value()) {
                      return Corrupt(absl::StrCat("lane '", place.lane,
                                                  "': the messages of chunk ",
                                                  first, " cannot be read"));
                    }
                    EraseCall::InChunk in_chunk{.first = first};
                    for (std::uint32_t i = 0; i < body->count(); ++i) {
                      if (request_.matches(body->track(i)))
                        in_chunk.places.push_back(i);
                    }
                    if (!in_chunk.places.empty()) {
                      found.chunks.push_back(std::move(in_chunk));
                    }
                    return absl::OkStatus();
                  });
}

absl::StatusOr<bool> Eraser::ReadLetters(Place& place, EraseCall& found) const {
  return ReadPart(Family::kDead, place.id, place.letter, found,
                  [&](Sequence number, std::string_view key,
                      std::string_view value) -> absl::Status {
                    const std::optional<DeadLetter> letter =
                        ParseDeadLetter(value, key);
                    if (!letter.has_value()) {
                      return Corrupt(absl::StrCat("dead letter ", number,
                                                  " cannot be read"));
                    }
                    if (request_.matches(letter->track.view())) {
                      found.letters.push_back(number);
                    } else if (request_.answer_matches &&
                               request_.answer_matches(letter->answer)) {
                      found.answers.push_back(number);
                    }
                    return absl::OkStatus();
                  });
}

absl::Status Eraser::EraseFound(EraseCall& found, ErasedLane& erased) {
  if (found.chunks.empty() && found.letters.empty() && found.answers.empty()) {
    return absl::OkStatus();
  }
  absl::StatusOr<ErasedLane> answer;
  absl::Notification done;
  found.done = [&](absl::StatusOr<ErasedLane> result) {
    answer = std::move(result);
    done.Notify();
  };
  Call call = std::move(found);
  writer_.Post(call);
  done.WaitForNotification();
  SEGRID_RETURN_IF_ERROR(answer.status());
  erased.pending += answer->pending;
  erased.on_loan += answer->on_loan;
  erased.dead_letters += answer->dead_letters;
  erased.answers += answer->answers;
  return absl::OkStatus();
}

absl::Status Eraser::RewriteFiles() const {
  absl::ReaderMutexLock lock(&shared_.disk_mu);
  Database* const database = shared_.disk->database();
  if (database == nullptr) {
    absl::MutexLock health_lock(&shared_.mu);
    return shared_.health.broken;
  }
  SEGRID_RETURN_IF_ERROR(
      database->RewriteFiles({Family::kBodies, Family::kDead}));
  if (!writer_.backups().busy()) return absl::OkStatus();
  return base::MakeError(
      absl::StatusCode::kFailedPrecondition, "BACKUP_RUNNING",
      "everything was erased from the queue, but the files that a backup is "
      "being made of still have it: run it again when that is done");
}

}  // namespace segrid::queue::rocksdb

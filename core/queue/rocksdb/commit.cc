#include "core/queue/rocksdb/commit.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/queue/errors.h"
#include "core/queue/rocksdb/erased_body.h"
#include "core/queue/rocksdb/records.h"

namespace segrid::queue::rocksdb {

Commit::Commit(const CommitDeps& deps)
    : options_(deps.options),
      database_(deps.database),
      books_(deps.books),
      now_(deps.now),
      records_(deps),
      appends_(deps, records_) {}

void Commit::Add(Call& call) {
  std::visit([this](auto& one) { Do(one); }, call);
}

void Commit::RewriteAll() {
  records_.TouchAll();
  Prepare();
}

void Commit::Prepare() { records_.Prepare(appends_.accepted()); }

void Commit::Publish() {
  appends_.Publish();
  if (!records_.changed()) return;
  ++books_.commit;
  --books_.staged_commits;
  books_.accepted_total += appends_.accepted();
  books_.staged_accepted -= appends_.accepted();
}

void Commit::Do(AppendCall& call) { call.result = appends_.Append(call); }

absl::StatusOr<Body> Commit::ReadBody(const LaneBook& book,
                                      Sequence chunk) const {
  const std::string key = SequenceKey(book.lane.id(), chunk);
  SEGRID_ASSIGN_OR_RETURN(std::optional<std::string> value,
                          database_.Get(Family::kBodies, key));
  std::optional<Body> body;
  if (value.has_value()) body = Body::Parse(*value, key);
  if (!body.has_value()) {
    return Corrupt(absl::StrCat("lane '", book.lane.name(),
                                "': the messages of chunk ", chunk,
                                " cannot be read"));
  }
  return *std::move(body);
}

absl::Status Commit::Measure(LaneBook& book, const std::vector<Range>& ranges) {
  for (const Sequence chunk : book.lane.ChunksToMeasure(ranges)) {
    SEGRID_ASSIGN_OR_RETURN(const Body body, ReadBody(book, chunk));
    book.lane.SetEnds(chunk, body.ends());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> Commit::Settle(LaneBook& book,
                                            const std::vector<Range>& ranges) {
  if (ranges.empty()) return 0;
  SEGRID_RETURN_IF_ERROR(Measure(book, ranges));
  const std::int64_t bytes = book.lane.ledger.pending_bytes;
  const Settled settled = book.lane.Settle(ranges);
  book.garbage_bytes += bytes - book.lane.ledger.pending_bytes;
  // Those at the front are deleted together, see Sweep.
  for (const Sequence chunk : settled.chunks) {
    if (chunk >= book.lane.oldest_chunk()) {
      records_.Delete(Family::kBodies, SequenceKey(book.lane.id(), chunk));
    }
  }
  records_.Touch(book);
  return settled.count;
}

void Commit::Do(AckCall& call) {
  LaneBook* const book = books_.Find(call.settlement.lane);
  if (book == nullptr) return;
  const absl::StatusOr<std::int64_t> count =
      Settle(*book, book->lane.PendingIn(call.settlement.ranges));
  call.result = count.status();
  if (count.ok()) book->lane.ledger.delivered += *count;
}

void Commit::Do(DeadLetterCall& call) {
  LaneBook* const book = books_.Find(call.settlement.lane);
  if (book == nullptr) return;
  book->lane.MakeDue(now_);
  call.result = MoveToDead(
      *book,
      book->lane.LentIn(call.settlement.ranges, call.settlement.lease_id),
      call.death);
}

absl::Status Commit::MoveToDead(LaneBook& book,
                                const std::vector<Range>& ranges,
                                const Death& death) {
  if (ranges.empty()) return absl::OkStatus();
  SEGRID_RETURN_IF_ERROR(Measure(book, ranges));
  std::vector<DeadLetter> letters;
  SEGRID_ASSIGN_OR_RETURN(const bool all,
                          MakeLetters(book, ranges, death, letters));
  std::vector<Range> dead;
  for (const DeadLetter& letter : letters) {
    const std::uint64_t id = book.lane.dead_letters.next_id();
    const std::string key = SequenceKey(book.lane.id(), id);
    records_.Put(Family::kDead, key, Encode(letter, key));
    book.lane.dead_letters.Add(
        id, {.sequence = letter.sequence,
             .reason = letter.reason,
             .dead_time = now_,
             .bytes = static_cast<std::int64_t>(letter.track.size())});
    dead.push_back({letter.sequence, letter.sequence});
  }
  if (!letters.empty()) {
    records_.NeedSync();
    SEGRID_RETURN_IF_ERROR(Settle(book, Normalized(std::move(dead))).status());
  }
  if (all) return absl::OkStatus();
  return DeadLettersFull(book.lane.name(), options_.max_dead_letter_bytes);
}

absl::StatusOr<bool> Commit::MakeLetters(const LaneBook& book,
                                         const std::vector<Range>& ranges,
                                         const Death& death,
                                         std::vector<DeadLetter>& letters) {
  std::int64_t bytes = book.lane.dead_letters.bytes();
  bool alone = book.lane.dead_letters.count() == 0;
  for (const Range& range : ranges) {
    std::optional<Body> body;
    Sequence first = 0;
    ChunkInfo info;
    for (Sequence s = range.first; s <= range.last; ++s) {
      if (!body.has_value() || s >= first + info.count) {
        std::tie(first, info) = book.lane.ChunkOf(s);
        SEGRID_ASSIGN_OR_RETURN(body, ReadBody(book, first));
      }
      const std::size_t place = s - first;
      bytes += std::ssize(body->track(place));
      // One letter alone pushes no other out, however large it is.
      if (bytes > options_.max_dead_letter_bytes && !alone) return false;
      alone = false;
      letters.push_back({.sequence = s,
                         .message_id = std::string(body->id(place)),
                         .reason = death.reason,
                         .answer = death.answer.substr(0, kMaxAnswerBytes),
                         .accepted_time = info.accepted_time,
                         .dead_time = now_,
                         .attempts = book.lane.AttemptsOf(s) + death.attempts,
                         .track = Bytes(std::string(body->track(place)))});
    }
  }
  return true;
}

void Commit::DropDeadLetter(LaneBook& book, std::uint64_t id) {
  book.lane.dead_letters.Remove(id);
  ++book.lane.ledger.dropped;
  records_.Delete(Family::kDead, SequenceKey(book.lane.id(), id));
  records_.Touch(book);
}

void Commit::PurgeDeadLetter(LaneBook& book, std::uint64_t id) {
  DropDeadLetter(book, id);
  ++book.lane.ledger.purged;
}

void Commit::DropOverdue() {
  for (const auto& [name, book] : books_.lanes) {
    if (book->lane.dead_letters.count() == 0) continue;
    for (const std::uint64_t id : book->lane.dead_letters.OlderThan(
             now_ - options_.max_dead_letter_age)) {
      DropDeadLetter(*book, id);
    }
  }
}

void Commit::Do(PurgeCall& call) {
  call.result = 0;
  LaneBook* const book = books_.Find(call.filter.lane);
  if (book == nullptr) return;
  const auto ids = book->lane.dead_letters.Select(call.filter);
  for (const std::uint64_t id : ids) PurgeDeadLetter(*book, id);
  call.result = std::ssize(ids);
  records_.NeedSync();
}

void Commit::Do(DropCall& call) {
  call.result = DroppedLane();
  LaneBook* const book = books_.Find(call.lane);
  if (book == nullptr) return;
  const auto ids = book->lane.dead_letters.Select({.lane = call.lane});
  for (const std::uint64_t id : ids) PurgeDeadLetter(*book, id);
  // Their bodies stand before all others now: see Sweep.
  book->garbage_bytes += book->lane.ledger.pending_bytes;
  const std::int64_t pending = book->lane.SettleAll().count;
  book->lane.ledger.dropped += pending;
  book->lane.ledger.purged += pending;
  call.result =
      DroppedLane{.pending = pending, .dead_letters = std::ssize(ids)};
  records_.Touch(*book);
  records_.NeedSync();
}

void Commit::Do(EraseCall& call) {
  ErasedLane erased{.lane = call.lane};
  call.result = erased;
  LaneBook* const book = books_.Find(call.lane);
  if (book == nullptr) return;
  book->lane.MakeDue(now_);
  absl::Status status;
  for (const EraseCall::InChunk& chunk : call.chunks) {
    if (status.ok()) status = EraseIn(*book, chunk, call.dry_run, erased);
  }
  DeadIndex& letters = book->lane.dead_letters;
  for (const std::uint64_t id : call.letters) {
    if (!letters.contains(id)) continue;
    ++erased.dead_letters;
    if (!call.dry_run) PurgeDeadLetter(*book, id);
  }
  for (const std::uint64_t id : call.answers) {
    if (!letters.contains(id)) continue;
    ++erased.answers;
    if (status.ok() && !call.dry_run) status = EraseAnswer(*book, id);
  }
  records_.NeedSync();
  call.result = erased;
  if (!status.ok()) call.result = status;
}

absl::Status Commit::EraseIn(LaneBook& book, const EraseCall::InChunk& chunk,
                             bool dry_run, ErasedLane& erased) {
  Lane& lane = book.lane;
  const std::string key = SequenceKey(lane.id(), chunk.first);
  if (!lane.chunks().contains(chunk.first)) {
    // All of it is settled: it only waits to be swept.
    if (dry_run) return absl::OkStatus();
    records_.Delete(Family::kBodies, key);
    records_.Touch(book);
    return absl::OkStatus();
  }
  std::vector<Range> ranges;
  for (const std::uint32_t place : chunk.places) {
    ranges.push_back({chunk.first + place, chunk.first + place});
  }
  const std::vector<Range> pending = lane.PendingIn(ranges);
  std::int64_t count = 0;
  for (const Range& range : pending) {
    count += static_cast<std::int64_t>(range.last - range.first + 1);
  }
  erased.pending += count;
  erased.on_loan += lane.CountLent(pending);
  if (dry_run) return absl::OkStatus();
  SEGRID_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                          database_.Get(Family::kBodies, key));
  std::optional<std::string> without;
  if (value.has_value()) {
    without = WithoutMessages(*value, key, chunk.places);
  }
  if (!without.has_value()) {
    return Corrupt(absl::StrCat("lane '", lane.name(),
                                "': the messages of chunk ", chunk.first,
                                " cannot be read"));
  }
  SEGRID_RETURN_IF_ERROR(Settle(book, pending).status());
  book.lane.ledger.dropped += count;
  book.lane.ledger.purged += count;
  if (lane.chunks().contains(chunk.first)) {
    records_.Put(Family::kBodies, key, *without);
  } else {
    records_.Delete(Family::kBodies, key);
  }
  records_.Touch(book);
  return absl::OkStatus();
}

absl::Status Commit::EraseAnswer(LaneBook& book, std::uint64_t id) {
  const std::string key = SequenceKey(book.lane.id(), id);
  SEGRID_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                          database_.Get(Family::kDead, key));
  std::optional<DeadLetter> letter;
  if (value.has_value()) letter = ParseDeadLetter(*value, key);
  if (!letter.has_value()) {
    return Corrupt(absl::StrCat("dead letter ", id, " cannot be read"));
  }
  letter->answer = kErasedAnswer;
  records_.Put(Family::kDead, key, Encode(*letter, key));
  records_.Touch(book);
  return absl::OkStatus();
}

void Commit::Do(ReplayCall& call) {
  call.result = 0;
  LaneBook* const book = books_.Find(call.filter.lane);
  if (book == nullptr) return;
  // The bytes move from the dead letters to the pending messages: there is
  // always room.
  std::int64_t replayed = 0;
  for (const std::uint64_t id : book->lane.dead_letters.Select(call.filter)) {
    const std::string key = SequenceKey(book->lane.id(), id);
    auto value = database_.Get(Family::kDead, key);
    std::optional<DeadLetter> letter;
    if (value.ok() && value->has_value())
      letter = ParseDeadLetter(**value, key);
    if (!letter.has_value()) {
      call.result =
          value.ok()
              ? Corrupt(absl::StrCat("dead letter ", id, " cannot be read"))
              : value.status();
      return;
    }
    book->lane.dead_letters.Remove(id);
    records_.Delete(Family::kDead, key);
    appends_.Replay(*book, *std::move(letter));
    ++replayed;
  }
  call.result = replayed;
}

void Commit::Sweep(std::int64_t min_bytes) {
  for (const auto& [name, book] : books_.lanes) {
    const Sequence end = book->lane.oldest_chunk();
    if (book->garbage_bytes > 0 && book->garbage_bytes >= min_bytes &&
        book->bodies_from < end) {
      const LaneId id = book->lane.id();
      records_.DeleteRange(Family::kBodies, SequenceKey(id, book->bodies_from),
                           SequenceKey(id, end));
      book->bodies_from = end;
      book->deleted_bytes += book->garbage_bytes;
      book->garbage_bytes = 0;
    }
  }
}

void Commit::SweepRecords(int max_records) {
  const absl::Time forgotten =
      std::max(now_ - options_.dedup_window, books_.dedup.forgotten_until());
  for (const auto& [name, book] : books_.lanes) {
    const LaneId id = book->lane.id();
    const Sequence needed = book->lane.oldest_chunk();
    Sequence end = book->chunks_from;
    int left = max_records;
    // If reading fails, they are deleted another time.
    database_
        .ForEach(Family::kChunks, SequenceKey(id, end),
                 [&](std::string_view key, std::string_view value) {
                   const auto place = ParseSequenceKey(key);
                   const auto record = ParseChunk(value, key);
                   if (!place.has_value() || place->first != id ||
                       place->second >= needed || !record.has_value() ||
                       record->info.accepted_time >= forgotten) {
                     return false;
                   }
                   end = place->second + record->info.count;
                   return --left > 0;
                 })
        .IgnoreError();
    if (end == book->chunks_from) continue;
    records_.DeleteRange(Family::kChunks, SequenceKey(id, 0),
                         SequenceKey(id, end));
    book->chunks_from = end;
  }
}

}  // namespace segrid::queue::rocksdb

#include "core/queue/rocksdb/staged_appends.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/queue/errors.h"
#include "core/queue/rocksdb/records.h"

namespace segrid::queue::rocksdb {

namespace rdb = ::rocksdb;

namespace {

// Ids whose place in the table is on its way from memory.
constexpr std::size_t kAhead = 8;

}  // namespace

StagedAppends::StagedAppends(const CommitDeps& deps, CommitRecords& records)
    : options_(deps.options),
      books_(deps.books),
      records_(records),
      now_(deps.now),
      total_bytes_(deps.books.Bytes()) {}

absl::StatusOr<AppendResult> StagedAppends::Append(const AppendCall& call) {
  std::vector<std::vector<bool>> fresh(call.ids.size());
  for (std::size_t i = 0; i < call.ids.size(); ++i) {
    fresh[i].reserve(call.ids[i].size());
    const std::vector<IdHash>& ids = call.ids[i];
    for (std::size_t j = 0; j < ids.size(); ++j) {
      if (j + kAhead < ids.size()) books_.dedup.Prefetch(ids[j + kAhead]);
      fresh[i].push_back(books_.dedup.Insert(ids[j], now_, now_));
    }
  }
  if (absl::Status room = CheckRoom(call, fresh); !room.ok()) {
    for (std::size_t i = 0; i < fresh.size(); ++i) {
      for (std::size_t j = 0; j < fresh[i].size(); ++j) {
        if (fresh[i][j]) books_.dedup.Erase(call.ids[i][j]);
      }
    }
    return room;
  }
  AppendResult result;
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    result.lanes.push_back(Stage(call, i, fresh[i]));
  }
  return result;
}

absl::Status StagedAppends::CheckRoom(
    const AppendCall& call, const std::vector<std::vector<bool>>& fresh) {
  std::int64_t added = 0;
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    const Chunk& chunk = call.batch.chunks[i];
    std::int64_t lane_added = 0;
    for (std::size_t j = 0; j < fresh[i].size(); ++j) {
      lane_added += fresh[i][j] ? chunk.messages[j].size_bytes : 0;
    }
    if (lane_added == 0) continue;
    added += lane_added;
    const LaneBook* const book = books_.Find(chunk.lane);
    const std::int64_t used =
        book == nullptr ? 0 : book->lane.bytes() + book->staged_bytes;
    if (used + lane_added > options_.max_lane_bytes) {
      return QueueFull(absl::StrCat("lane '", chunk.lane, "' of the queue"),
                       options_.max_lane_bytes);
    }
  }
  if (added > 0 && total_bytes_ + added > options_.max_bytes) {
    return QueueFull("the queue", options_.max_bytes);
  }
  return absl::OkStatus();
}

LaneAppend StagedAppends::Stage(const AppendCall& call, std::size_t place,
                                const std::vector<bool>& fresh) {
  const Chunk& chunk = call.batch.chunks[place];
  LaneAppend result;
  result.accepted = std::count(fresh.begin(), fresh.end(), true);
  result.duplicates = std::ssize(fresh) - result.accepted;
  if (fresh.empty()) return result;
  LaneBook& book = books_.FindOrMake(chunk.lane);
  if (result.duplicates > 0) {
    book.lane.ledger.duplicates += result.duplicates;
    records_.Touch(book);
  }
  if (result.accepted == 0) return result;
  result.ticket.count = result.accepted;
  result.ticket.range.first = book.reserved;
  if (result.duplicates == 0 && !call.packed[place].runs.empty()) {
    StagePacked(book, call, place);
  } else {
    for (std::size_t i = 0; i < fresh.size();) {
      std::size_t end = i;
      while (end < fresh.size() && fresh[end]) ++end;
      if (end > i) StageRun(book, chunk, call.ids[place], {i, end - 1});
      i = end + 1;
    }
  }
  result.ticket.range.last = book.reserved - 1;
  accepted_ += result.accepted;
  records_.NeedSync();
  return result;
}

void StagedAppends::StagePacked(LaneBook& book, const AppendCall& call,
                                std::size_t place) {
  const std::vector<IdHash>& ids = call.ids[place];
  std::size_t i = 0;
  for (const PackedRun& run : call.packed[place].runs) {
    StagedChunk& staged =
        OpenChunk(book, false, run.count, run.frame.json_bytes);
    const std::uint32_t bytes_before = staged.body.bytes();
    staged.ids.insert(staged.ids.end(), ids.begin() + std::ptrdiff_t(i),
                      ids.begin() + std::ptrdiff_t(i + run.count));
    for (const std::size_t end = i + run.count; i < end; ++i) {
      staged.Add(call.batch.chunks[place].messages[i]);
    }
    staged.body.AddFrame(run.frame);
    staged.Trace(call.batch.chunks[place], run.count);
    Count(staged, run.count, staged.body.bytes() - bytes_before);
  }
}

void StagedAppends::StageRun(LaneBook& book, const Chunk& chunk,
                             const std::vector<IdHash>& ids, Range places) {
  for (std::size_t i = places.first; i <= places.last;) {
    StagedChunk& staged = OpenChunk(book, false);
    const std::size_t begin = i;
    const std::uint32_t bytes_before = staged.body.bytes();
    for (; i <= places.last && staged.HasRoom(); ++i) {
      staged.Add(chunk.messages[i]);
      staged.ids.push_back(ids[i]);
    }
    const Message& last = chunk.messages[i - 1];
    const std::uint32_t from = chunk.messages[begin].offset;
    staged.body.AddJson(
        chunk.json.view().substr(from, last.offset + last.size_bytes - from));
    staged.Trace(chunk, i - begin);
    Count(staged, i - begin, staged.body.bytes() - bytes_before);
  }
}

void StagedAppends::Count(StagedChunk& staged, std::size_t messages,
                          std::int64_t bytes) {
  LaneBook& book = *staged.book;
  book.reserved += messages;
  book.staged_count += static_cast<std::int64_t>(messages);
  book.staged_bytes += bytes;
  total_bytes_ += bytes;
}

void StagedAppends::Replay(LaneBook& book, DeadLetter letter) {
  StagedChunk& staged = OpenChunk(book, true);
  const std::string_view track = letter.track.view();
  const auto id_at = track.find(letter.message_id);
  staged.body.AddJson(track);
  staged.body.Add(static_cast<std::uint32_t>(track.size()),
                  static_cast<std::uint32_t>(id_at),
                  static_cast<std::uint32_t>(letter.message_id.size()));
  staged.kept.push_back(letter.track);
  const auto bytes = static_cast<std::int64_t>(track.size());
  ++book.reserved;
  book.staged_bytes += bytes;
  total_bytes_ += bytes;
  records_.NeedSync();
}

StagedChunk& StagedAppends::OpenChunk(LaneBook& book, bool replay,
                                      std::size_t messages, std::size_t bytes) {
  records_.Touch(book);
  const auto last = std::find_if(
      staged_.rbegin(), staged_.rend(),
      [&book](const StagedChunk& staged) { return staged.book == &book; });
  if (last != staged_.rend() && last->replay == replay &&
      last->HasRoom(messages, bytes)) {
    return *last;
  }
  StagedChunk& opened = staged_.emplace_back();
  opened.book = &book;
  opened.first = book.reserved;
  opened.replay = replay;
  return opened;
}

void StagedAppends::PackFull() {
  for (StagedChunk& staged : staged_) staged.body.PackFull();
}

void StagedAppends::Build() {
  for (StagedChunk& staged : staged_) {
    staged.key = SequenceKey(staged.book->lane.id(), staged.first);
    std::vector<rdb::Slice> slices;
    std::optional<BodyOrigin> origin;
    if (books_.format >= kFormatWithOrigins) {
      origin = BodyOrigin{.lane = staged.book->lane.name(),
                          .commit = records_.number(),
                          .accepted_time = now_,
                          .replayed = staged.replay};
    }
    for (const std::string_view part : staged.body.Finish(staged.key, origin)) {
      slices.emplace_back(part.data(), part.size());
    }
    records_.Put(Family::kBodies, staged.key, slices);
    const ChunkRecord record{{.count = staged.body.count(),
                              .bytes = staged.body.bytes(),
                              .accepted_time = now_},
                             std::move(staged.ids)};
    records_.Put(Family::kChunks, staged.key, Encode(record, staged.key));
  }
}

void StagedAppends::Publish() {
  for (const StagedChunk& staged : staged_) {
    LaneBook& book = *staged.book;
    book.lane.AddChunk(staged.first, {.count = staged.body.count(),
                                      .bytes = staged.body.bytes(),
                                      .accepted_time = now_});
    book.lane.ledger.pending_bytes += staged.body.bytes();
    book.staged_bytes -= staged.body.bytes();
    if (!staged.replay) {
      book.lane.ledger.accepted += staged.body.count();
      book.staged_count -= staged.body.count();
    }
    if (ready_lanes_.empty() || ready_lanes_.back() != book.lane.name()) {
      ready_lanes_.push_back(book.lane.name());
    }
  }
}

}  // namespace segrid::queue::rocksdb

#include "core/queue/rocksdb/rebuild.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/status_macros.h"
#include "core/queue/rocksdb/body.h"
#include "core/queue/rocksdb/records.h"
#include "core/queue/rocksdb/spans.h"
#include "rocksdb/write_batch.h"

namespace segrid::queue::rocksdb {
namespace {

namespace rdb = ::rocksdb;

// Written together.
constexpr std::size_t kBatchBytes = 4 << 20;

// A lane while it is put together.
struct Draft {
  LaneId id = 0;
  std::string name{};
  LaneRecord record{};
  bool has_record = false;
  bool is_renamed = false;  // Its name is made up.
  // Commits are known that changed it after its record was written.
  bool is_stale = false;
  std::vector<Range> settled{};
  std::map<Sequence, RescuedBody> bodies{};
  std::int64_t letters = 0;
  // These follow from those.
  std::vector<Range> holes{};  // Neither settled nor there.
  std::int64_t found = 0;      // Messages that are pending and there.
  std::int64_t newer = 0;      // Accepted after the record was written.
};

std::int64_t CountOf(const std::vector<Range>& ranges) {
  std::int64_t count = 0;
  for (const Range& range : ranges) {
    count += static_cast<std::int64_t>(range.last - range.first + 1);
  }
  return count;
}

// The parts of `range` that are not in `taken`, which is normalized.
std::vector<Range> Without(Range range, const std::vector<Range>& taken) {
  std::vector<Range> left;
  for (const Range& part : taken) {
    if (part.last < range.first) continue;
    if (part.first > range.last) break;
    if (part.first > range.first) left.push_back({range.first, part.first - 1});
    range.first = part.last + 1;
    if (range.first > range.last) return left;
  }
  left.push_back(range);
  return left;
}

// Writes records in batches, not all at once, because nobody else looks into
// the database yet. Remembers the first error.
class RecordWriter {
 public:
  explicit RecordWriter(Database& target) : target_(target) {}

  void Put(Family family, const std::string& key, const std::string& value) {
    batch_.Put(target_.family(family), key, value).PermitUncheckedError();
    if (batch_.GetDataSize() < kBatchBytes) return;
    if (status_.ok()) status_ = target_.Write(batch_, false);
    batch_.Clear();
  }

  // A record of Family::kLanes, and its copy.
  template <class Record>
  void PutTwice(const std::string& key, const Record& record) {
    Put(Family::kLanes, key, Encode(record, key));
    const std::string copy = CopyKey(key);
    Put(Family::kSettled, copy, Encode(record, copy));
  }

  void Delete(Family family, const std::string& key) {
    batch_.Delete(target_.family(family), key).PermitUncheckedError();
  }

  // Writes the rest, and syncs.
  absl::Status Finish() {
    SEGRID_RETURN_IF_ERROR(status_);
    return target_.Write(batch_, true);
  }

 private:
  Database& target_;
  rdb::WriteBatch batch_;
  absl::Status status_;
};

class Rebuilder {
 public:
  Rebuilder(const Rescued& rescued, const std::vector<std::string>& known_lanes,
            const std::optional<Mark>& mark, Database& target)
      : rescued_(rescued),
        known_lanes_(known_lanes),
        mark_(mark),
        target_(target),
        records_(target) {}

  absl::StatusOr<Rebuilt> Run() {
    MakeDrafts();
    for (auto& [id, draft] : drafts_) {
      SEGRID_RETURN_IF_ERROR(NameLane(draft));
      Measure(draft);
      BalanceLane(draft);
    }
    BalanceStore();
    for (auto& [id, draft] : drafts_) {
      SEGRID_RETURN_IF_ERROR(WriteChunks(draft));
      WriteLane(draft);
    }
    for (const auto& [key, letter] : rescued_.letters) {
      records_.Put(Family::kDead, key, letter);
    }
    ForgetLanes();
    StoreRecord store = rescued_.store.value_or(StoreRecord());
    store.commit = rebuilt_.mark.commit;
    store.accepted_total = rebuilt_.mark.accepted_total;
    records_.PutTwice(std::string(kStoreKey), store);
    SEGRID_RETURN_IF_ERROR(records_.Finish());
    return std::move(rebuilt_);
  }

 private:
  void Say(std::string text) { rebuilt_.actions.push_back(std::move(text)); }
  void Say(const Draft& draft, std::string_view text) {
    Say(absl::StrCat("lane '", draft.name, "': ", std::string(text)));
  }

  // The newest commit of which anything was found.
  std::uint64_t NewestCommit() const {
    std::uint64_t newest = 0;
    if (rescued_.store.has_value()) newest = rescued_.store->commit;
    for (const auto& [id, lane] : rescued_.lanes) {
      if (lane.record.has_value()) {
        newest = std::max(newest, lane.record->commit);
      }
    }
    for (const auto& [key, body] : rescued_.bodies) {
      newest = std::max(newest, body.commit);
    }
    return newest;
  }

  void MakeDrafts() {
    for (const auto& [id, lane] : rescued_.lanes) {
      Draft& draft = drafts_[id];
      draft.id = id;
      draft.name = lane.name;
      draft.has_record = lane.record.has_value();
      draft.record = lane.record.value_or(LaneRecord{.id = id});
    }
    UseMark();
    for (const auto& [key, body] : rescued_.bodies) {
      const auto place = ParseSequenceKey(key);
      drafts_.at(place->first).bodies.emplace(place->second, body);
    }
    for (const auto& [id, ranges] : rescued_.settled) {
      const auto draft = drafts_.find(id);
      if (draft != drafts_.end()) draft->second.settled = ranges;
    }
    for (const auto& [key, letter] : rescued_.letters) {
      const auto place = ParseSequenceKey(key);
      Draft& draft = drafts_[place->first];
      draft.id = draft.record.id = place->first;
      ++draft.letters;
      draft.record.next_dead_id =
          std::max(draft.record.next_dead_id, place->second + 1);
    }
  }

  // The watermark knows more of the lanes when the end of the log is missing.
  // Else it may know of what was prepared and never written.
  void UseMark() {
    newest_ = NewestCommit();
    if (!mark_.has_value() || mark_->commit <= newest_) return;
    Say(absl::StrCat("acknowledged commits ", newest_ + 1, " to ",
                     mark_->commit, " at the end of the log are lost"));
    for (const auto& [name, record] : mark_->lanes) {
      Draft& draft = drafts_[record.id];
      draft.id = record.id;
      draft.name = name;
      if (!draft.has_record) marked_ += record.ledger.accepted;
      if (draft.has_record) {
        marked_ += record.ledger.accepted - draft.record.ledger.accepted;
      }
      draft.has_record = true;
      draft.record = record;
    }
  }

  // Ids of a lane's messages that are there, in plain.
  absl::StatusOr<std::vector<std::string>> PlainIds(const Draft& draft) {
    std::vector<std::string> ids;
    for (const auto& [first, body] : draft.bodies) {
      SEGRID_ASSIGN_OR_RETURN(const std::string value, ReadBody(draft, first));
      const auto parsed = Body::Parse(value, SequenceKey(draft.id, first));
      if (parsed.has_value()) ids.emplace_back(parsed->id(0));
    }
    for (const auto& [key, value] : rescued_.letters) {
      if (ParseSequenceKey(key)->first != draft.id) continue;
      ids.push_back(ParseDeadLetter(value, key)->message_id);
    }
    return ids;
  }

  // The hashed ids that a lane remembers.
  absl::StatusOr<std::set<std::pair<std::uint64_t, std::uint64_t>>> HashedIds(
      const Draft& draft) {
    std::set<std::pair<std::uint64_t, std::uint64_t>> hashes;
    for (const auto& [key, info] : rescued_.chunks) {
      if (ParseSequenceKey(key)->first != draft.id) continue;
      SEGRID_ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                              target_.Get(Family::kChunks, key));
      if (!stored.has_value()) continue;
      const std::optional<ChunkRecord> chunk = ParseChunk(*stored, key);
      if (!chunk.has_value()) continue;
      for (const IdHash& id : chunk->ids) {
        hashes.emplace(id.high, id.low);
      }
    }
    return hashes;
  }

  // Finds the name of a lane of format 1 whose record is lost: the ids of its
  // messages are hashed with it.
  absl::Status NameLane(Draft& draft) {
    if (!draft.name.empty()) return absl::OkStatus();
    SEGRID_ASSIGN_OR_RETURN(const std::vector<std::string> ids,
                            PlainIds(draft));
    SEGRID_ASSIGN_OR_RETURN(const auto hashes, HashedIds(draft));
    for (const std::string& name : known_lanes_) {
      const bool fits =
          std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
            const IdHash hash = HashId(name, id);
            return hashes.contains({hash.high, hash.low});
          });
      if (fits) draft.name = name;
    }
    if (!draft.name.empty()) return absl::OkStatus();
    draft.name = absl::StrCat("recovered_", draft.id);
    draft.is_renamed = true;
    Say(draft,
        "its real name is lost; a source of this name delivers its messages");
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> ReadBody(const Draft& draft, Sequence first) {
    SEGRID_ASSIGN_OR_RETURN(
        std::optional<std::string> value,
        target_.Get(Family::kBodies, SequenceKey(draft.id, first)));
    return std::move(value).value_or("");
  }

  // Finds what is pending, and what is missing.
  void Measure(Draft& draft) {
    LaneRecord& record = draft.record;
    Sequence next = record.next;
    if (!draft.has_record && !draft.bodies.empty()) {
      next = record.next = draft.bodies.begin()->first;
    }
    std::vector<Range> there;
    for (const auto& [first, body] : draft.bodies) {
      const Sequence end = first + body.count;
      there.push_back({first, end - 1});
      draft.is_stale = draft.is_stale || body.commit > record.commit;
      if (end > record.next && !body.replayed) {
        draft.newer +=
            static_cast<std::int64_t>(end - std::max(first, record.next));
      }
      next = std::max(next, end);
    }
    for (const auto& [key, info] : rescued_.chunks) {
      const auto place = ParseSequenceKey(key);
      if (place->first == draft.id) {
        next = std::max(next, place->second + info.count);
      }
    }
    for (const Range& range : draft.settled) {
      next = std::max(next, range.last + 1);
    }
    draft.is_stale = draft.is_stale || !draft.has_record || next > record.next;
    record.next = next;
    // All before the oldest that is there is settled.
    if (!draft.has_record) {
      record.cursor = draft.bodies.empty() ? next : draft.bodies.begin()->first;
    }
    if (record.gone.has_value()) {
      draft.settled.insert(draft.settled.end(), record.gone->begin(),
                           record.gone->end());
    }
    if (record.cursor > 1) draft.settled.push_back({1, record.cursor - 1});
    draft.settled = Normalized(std::move(draft.settled));
    there = Normalized(std::move(there));
    if (next == 1) return;
    for (const Range& part : Without({1, next - 1}, draft.settled)) {
      const std::vector<Range> missing = Without(part, there);
      draft.holes.insert(draft.holes.end(), missing.begin(), missing.end());
      draft.found += static_cast<std::int64_t>(part.last - part.first + 1) -
                     CountOf(missing);
    }
  }

  // Makes the ledger fit what is there.
  void BalanceLane(Draft& draft) {
    Ledger& ledger = draft.record.ledger;
    const std::int64_t holes = CountOf(draft.holes);
    std::int64_t lost = 0;
    if (draft.is_stale) {
      Say(draft, draft.has_record
                     ? "its newest record is lost, an older one is taken"
                     : "its record is lost and made anew from its messages; "
                       "what it delivered before is not known");
      ledger.accepted += draft.newer;
      // Bodies are only deleted when their messages are settled.
      lost = rescued_.bodies_are_whole ? 0 : holes;
      const std::int64_t known =
          ledger.dropped + draft.found + draft.letters + lost;
      ledger.accepted = std::max(ledger.accepted, known);
      ledger.delivered = draft.has_record ? ledger.accepted - known : 0;
      if (!draft.has_record) ledger.accepted = known;
    } else {
      lost = ledger.accepted - ledger.delivered - ledger.dropped - draft.found -
             draft.letters;
    }
    if (lost > 0) {
      Say(draft, absl::StrCat(lost,
                              " messages are lost, and counted as "
                              "expired"));
      for (const Range& hole : draft.holes) {
        Say(draft, absl::StrCat("messages ", hole.first, " to ", hole.last,
                                " are missing"));
      }
    } else if (lost < 0) {
      Say(draft, absl::StrCat(-lost,
                              " messages that were delivered or given "
                              "up may be sent again"));
      ledger.delivered += lost;
      if (ledger.delivered < 0) {
        ledger.accepted -= std::exchange(ledger.delivered, 0);
      }
      lost = 0;
    }
    ledger.dropped += lost;
    rebuilt_.lost_messages += lost;
    loses_[draft.id] = lost == holes && lost > 0;
    draft.settled.insert(draft.settled.end(), draft.holes.begin(),
                         draft.holes.end());
    draft.settled = Normalized(std::move(draft.settled));
  }

  // Adds what only the watermark knows: about lanes that it has no
  // room for, and in format 1 of all.
  void BalanceStore() {
    const StoreRecord store = rescued_.store.value_or(StoreRecord());
    Mark& mark = rebuilt_.mark;
    mark.commit = newest_;
    mark.accepted_total = store.accepted_total + marked_;
    mark.time = absl::Now();
    for (const auto& [id, draft] : drafts_) {
      mark.accepted_total += draft.newer;
      mark.commit = std::max(mark.commit, draft.record.commit);
    }
    if (!mark_.has_value() || mark_->commit <= newest_) return;
    const std::int64_t lost =
        std::max<std::int64_t>(mark_->accepted_total - mark.accepted_total, 0);
    mark.commit = std::max(mark.commit, mark_->commit);
    mark.accepted_total += lost;
    if (lost == 0) return;
    Say(absl::StrCat("with them ", lost,
                     " accepted messages, of which nobody knows whether they "
                     "were delivered"));
    rebuilt_.lost_messages += lost;
    if (drafts_.size() != 1) return;
    drafts_.begin()->second.record.ledger.accepted += lost;
    drafts_.begin()->second.record.ledger.dropped += lost;
  }

  // Deletes bodies that nobody needs, and makes the records of the others that
  // are lost.
  absl::Status WriteChunks(Draft& draft) {
    draft.record.ledger.pending_bytes = 0;
    std::int64_t made = 0;
    for (const auto& [first, body] : draft.bodies) {
      const std::string key = SequenceKey(draft.id, first);
      const std::vector<Range> pending =
          Without({first, first + body.count - 1}, draft.settled);
      if (pending.empty()) {
        records_.Delete(Family::kBodies, key);
        continue;
      }
      SEGRID_ASSIGN_OR_RETURN(const std::string value, ReadBody(draft, first));
      const std::optional<Body> parsed = Body::Parse(value, key);
      if (!parsed.has_value()) continue;
      for (const Range& part : pending) {
        for (Sequence s = part.first; s <= part.last; ++s) {
          draft.record.ledger.pending_bytes +=
              parsed->place(s - first).size_bytes;
        }
      }
      const ChunkRecord chunk = ChunkOf(draft, first, *parsed);
      if (!parsed->origin().has_value()) {
        records_.Put(Family::kBodies, key,
                     WithOrigin(value, key,
                                {.lane = draft.name,
                                 .commit = rebuilt_.mark.commit,
                                 .accepted_time = chunk.info.accepted_time}));
      }
      // Its ids would be hashed with another name.
      if (rescued_.chunks.contains(key) && !draft.is_renamed) continue;
      ++made;
      records_.Put(Family::kChunks, key, Encode(chunk, key));
    }
    if (made > 0) {
      Say(draft, absl::StrCat("made ", made,
                              " records of chunks anew from their messages"));
    }
    ForgetLost(draft);
    return absl::OkStatus();
  }

  // Ids of lanes that have nothing else, not even a name.
  void ForgetLanes() {
    std::set<LaneId> forgotten;
    for (const auto& [key, info] : rescued_.chunks) {
      const LaneId id = ParseSequenceKey(key)->first;
      if (drafts_.contains(id)) continue;
      records_.Delete(Family::kChunks, key);
      forgotten.insert(id);
    }
    for (const LaneId id : forgotten) {
      Say(absl::StrCat("lane ", id,
                       " had nothing pending, and its name is lost: its ids "
                       "are forgotten"));
    }
  }

  // So that they are accepted again when their sender repeats them.
  void ForgetLost(const Draft& draft) {
    if (!loses_[draft.id]) return;
    const std::vector<Range> holes = Normalized(draft.holes);
    for (const auto& [key, info] : rescued_.chunks) {
      const auto place = ParseSequenceKey(key);
      const Range whole{place->second, place->second + info.count - 1};
      if (place->first == draft.id && Without(whole, holes).empty()) {
        records_.Delete(Family::kChunks, key);
      }
    }
  }

  ChunkRecord ChunkOf(const Draft& draft, Sequence first, const Body& body) {
    ChunkRecord record{{.count = body.count(), .bytes = body.ends()->back()}};
    record.info.accepted_time = body.origin().has_value()
                                    ? body.origin()->accepted_time
                                    : TimeOfNeighbour(draft, first);
    if (body.origin().has_value() && body.origin()->replayed) return record;
    for (std::uint32_t i = 0; i < body.count(); ++i) {
      record.ids.push_back(HashId(draft.name, body.id(i)));
    }
    return record;
  }

  // Format 1 has the time in the chunk's record only.
  absl::Time TimeOfNeighbour(const Draft& draft, Sequence first) {
    const auto own = rescued_.chunks.find(SequenceKey(draft.id, first));
    if (own != rescued_.chunks.end()) return own->second.accepted_time;
    const auto next = rescued_.chunks.lower_bound(SequenceKey(draft.id, first));
    const auto is_ours = [&](const auto& at) {
      return at != rescued_.chunks.end() &&
             ParseSequenceKey(at->first)->first == draft.id;
    };
    if (is_ours(next)) return next->second.accepted_time;
    if (next != rescued_.chunks.begin() && is_ours(std::prev(next))) {
      return std::prev(next)->second.accepted_time;
    }
    return absl::Now();
  }

  void WriteLane(Draft& draft) {
    LaneRecord& record = draft.record;
    record.id = draft.id;
    record.cursor = 1;
    record.gone.emplace();
    for (const Range& range : draft.settled) {
      if (range.first <= record.cursor) {
        record.cursor = std::max(record.cursor, range.last + 1);
        continue;
      }
      const std::string key = SequenceKey(draft.id, range.first);
      record.gone->push_back(range);
      records_.Put(Family::kSettled, key, EncodeSettled(range.last, key));
    }
    record.commit = rebuilt_.mark.commit;
    records_.PutTwice(LaneKey(draft.name), record);
    rebuilt_.mark.lanes.emplace_back(draft.name, record);
  }

  const Rescued& rescued_;
  const std::vector<std::string>& known_lanes_;
  const std::optional<Mark>& mark_;
  Database& target_;
  RecordWriter records_;
  Rebuilt rebuilt_;
  std::map<LaneId, Draft> drafts_;
  std::uint64_t newest_ = 0;      // Commit that was found.
  std::int64_t marked_ = 0;       // Accepted, as only the watermark knows.
  std::map<LaneId, bool> loses_;  // All that is missing is lost.
};

}  // namespace

absl::StatusOr<Rebuilt> RebuildBooks(
    const Rescued& rescued, const std::vector<std::string>& known_lanes,
    const std::optional<Mark>& mark, Database& target) {
  return Rebuilder(rescued, known_lanes, mark, target).Run();
}

}  // namespace segrid::queue::rocksdb

#include "core/queue/rocksdb/load_books.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/queue/rocksdb/records.h"

namespace segrid::queue::rocksdb {
namespace {

// Garbage of an earlier life, of which nobody counted the bytes.
constexpr std::int64_t kUnknownBytes = 16 << 20;

// Loads one store.
class Loader {
 public:
  Loader(const Database& database, Books& books, absl::Time now,
         std::vector<Damage>* damages)
      : database_(database), books_(books), now_(now), damages_(damages) {}

  absl::Status Load() {
    SEGRID_RETURN_IF_ERROR(LoadLanes());
    SEGRID_RETURN_IF_ERROR(LoadSettled());
    SEGRID_RETURN_IF_ERROR(LoadChunks());
    SEGRID_RETURN_IF_ERROR(LoadDeadLetters());
    for (auto& [id, entry] : lanes_) {
      RestoreGone(entry);
      CheckLedger(entry);
      SEGRID_RETURN_IF_ERROR(FindGarbage(*entry.book));
    }
    return error_;
  }

 private:
  struct Entry {
    LaneBook* book = nullptr;
    LaneRecord record{};
    Sequence expected = 0;  // The next chunk; 0: none was seen yet.
  };

  // Notes damage. False: stop reading.
  bool Note(Damage damage) {
    if (damages_ != nullptr) {
      damages_->push_back(std::move(damage));
      return true;
    }
    if (error_.ok()) error_ = Corrupt(TextOf(damage));
    return false;
  }

  absl::Status LoadLanes() {
    bool has_store = false;
    const absl::Status status = database_.ForEach(
        Family::kLanes, "", [&](std::string_view key, std::string_view value) {
          if (key == kStoreKey) {
            has_store = true;
            return LoadStore(value);
          }
          const auto name = ParseLaneKey(key);
          const auto record = ParseLane(value, key);
          if (!name.has_value() || !record.has_value()) {
            return Note({.what = "the record of a lane cannot be read",
                         .family = Family::kLanes,
                         .key = std::string(key)});
          }
          auto book = std::make_unique<LaneBook>(std::string(*name), record->id,
                                                 record->cursor);
          book->lane.ledger = record->ledger;
          book->lane.dead_letters.set_next_id(record->next_dead_id);
          books_.last_lane_id = std::max(books_.last_lane_id, record->id);
          lanes_[record->id] = {book.get(), *record, 0};
          books_.lanes.emplace(*name, std::move(book));
          return true;
        });
    SEGRID_RETURN_IF_ERROR(status);
    if (!has_store && !lanes_.empty()) {
      Note({.what = "the record of the store is missing"});
    }
    return error_;
  }

  bool LoadStore(std::string_view value) {
    const auto record = ParseStore(value);
    if (!record.has_value()) {
      return Note({.what = "the record of the store cannot be read"});
    }
    books_.commit = record->commit;
    books_.accepted_total = record->accepted_total;
    books_.dedup.set_forgotten_until(record->forgotten_until);
    return true;
  }

  // A file that is missing or was put back from a backup may leave older
  // records of the lanes; their copies are in another.
  bool LoadCopy(std::string_view original, std::string_view key,
                std::string_view value) {
    if (original != kStoreKey) {
      const auto record = ParseLane(value, key);
      const auto entry =
          record.has_value() ? lanes_.find(record->id) : lanes_.end();
      if (entry != lanes_.end() &&
          entry->second.record.commit == record->commit) {
        return true;
      }
      return Note({.what = "the record of a lane is not that of its copy"});
    }
    const auto record = ParseStore(value, key);
    if (record.has_value() && record->commit == books_.commit) return true;
    return Note({.what = "the record of the store is not that of its copy"});
  }

  Entry* EntryOf(Family family, std::string_view key) {
    const auto place = ParseSequenceKey(key);
    const auto found =
        place.has_value() ? lanes_.find(place->first) : lanes_.end();
    if (found == lanes_.end()) {
      Note({.what = "a record belongs to no lane",
            .family = family,
            .key = std::string(key)});
      return nullptr;
    }
    return &found->second;
  }

  absl::Status LoadSettled() {
    SEGRID_RETURN_IF_ERROR(database_.ForEach(
        Family::kSettled, "",
        [&](std::string_view key, std::string_view value) {
          if (const auto original = ParseCopyKey(key)) {
            return LoadCopy(*original, key, value);
          }
          Entry* const entry = EntryOf(Family::kSettled, key);
          if (entry == nullptr) return error_.ok();
          const Sequence first = ParseSequenceKey(key)->second;
          const auto last = ParseSettled(value, key);
          if (!last.has_value() || *last < first) {
            return Note({.lane = entry->book->lane.name(),
                         .what = absl::StrCat("the mark of delivered messages "
                                              "from ",
                                              first, " on cannot be read"),
                         .family = Family::kSettled,
                         .key = std::string(key)});
          }
          entry->book->saved_gone.push_back({first, *last});
          return true;
        }));
    return error_;
  }

  absl::Status LoadChunks() {
    SEGRID_RETURN_IF_ERROR(database_.ForEach(
        Family::kChunks, "", [&](std::string_view key, std::string_view value) {
          Entry* const entry = EntryOf(Family::kChunks, key);
          if (entry == nullptr) return error_.ok();
          const auto record = ParseChunk(value, key);
          const Sequence first = ParseSequenceKey(key)->second;
          if (!record.has_value() || record->info.count == 0) {
            return Note({.lane = entry->book->lane.name(),
                         .what = absl::StrCat("the record of chunk ", first,
                                              " cannot be read"),
                         .family = Family::kChunks,
                         .key = std::string(key)});
          }
          return LoadChunk(*entry, first, *record);
        }));
    for (auto& [id, entry] : lanes_) {
      if (entry.expected == 0) {
        entry.expected = entry.record.cursor;
        entry.book->chunks_from = entry.record.cursor;
      }
      if (!FillHole(entry, entry.record.next)) break;
      entry.book->reserved = entry.book->lane.next();
    }
    return error_;
  }

  bool LoadChunk(Entry& entry, Sequence first, const ChunkRecord& record) {
    for (const IdHash& id : record.ids) {
      books_.dedup.Insert(id, record.info.accepted_time, now_);
    }
    if (entry.expected == 0) entry.book->chunks_from = first;
    const Sequence end = first + record.info.count;
    if (end <= entry.record.cursor) {
      entry.expected = entry.record.cursor;
      return true;
    }
    if (entry.expected == 0) {
      entry.expected = std::min(first, entry.record.cursor);
    }
    // The chunk that the cursor is in begins before it.
    if (first <= entry.record.cursor) entry.expected = first;
    if (first < entry.expected &&
        !Note({.lane = entry.book->lane.name(),
               .what = absl::StrCat("chunk ", first, " overlaps another"),
               .family = Family::kChunks,
               .key = SequenceKey(entry.record.id, first)})) {
      return false;
    }
    if (first < entry.expected) return true;
    if (!FillHole(entry, first)) return false;
    entry.book->lane.AddChunk(first, record.info);
    entry.expected = end;
    return true;
  }

  // Between two chunks, only messages that are settled may be missing.
  bool FillHole(Entry& entry, Sequence end) {
    const Sequence first = entry.expected;
    if (first >= end) return true;
    entry.book->lane.AddChunk(
        first, {.count = static_cast<std::uint32_t>(end - first)});
    entry.expected = end;
    Sequence at = first;
    for (const Range& gone : entry.book->saved_gone) {
      if (gone.last < at || gone.first >= end) continue;
      if (gone.first > at && !NoteLost(entry, {at, gone.first - 1})) {
        return false;
      }
      at = gone.last + 1;
    }
    return at >= end || NoteLost(entry, {at, end - 1});
  }

  bool NoteLost(Entry& entry, Range range) {
    return Note({.lane = entry.book->lane.name(),
                 .range = range,
                 .what = absl::StrCat("messages ", range.first, " to ",
                                      range.last, " are missing")});
  }

  absl::Status LoadDeadLetters() {
    SEGRID_RETURN_IF_ERROR(database_.ForEach(
        Family::kDead, "", [&](std::string_view key, std::string_view value) {
          Entry* const entry = EntryOf(Family::kDead, key);
          if (entry == nullptr) return error_.ok();
          const auto letter = ParseDeadLetter(value, key);
          if (!letter.has_value()) {
            return Note({.lane = entry->book->lane.name(),
                         .what = absl::StrCat("dead letter ",
                                              ParseSequenceKey(key)->second,
                                              " cannot be read"),
                         .family = Family::kDead,
                         .key = std::string(key)});
          }
          entry->book->lane.dead_letters.Add(
              letter->id,
              {.sequence = letter->sequence,
               .reason = letter->reason,
               .dead_time = letter->dead_time,
               .bytes = static_cast<std::int64_t>(letter->track.size())});
          return true;
        }));
    return error_;
  }

  static void RestoreGone(Entry& entry) {
    for (const Range& gone : entry.book->saved_gone) {
      entry.book->lane.RestoreGone(gone);
    }
  }

  void CheckLedger(const Entry& entry) {
    const LaneStats s = entry.book->lane.stats();
    if (s.accepted == s.delivered + s.pending + s.dead + s.expired + s.purged)
      return;
    Note({.lane = entry.book->lane.name(),
          .what =
              absl::StrCat("the ledger does not balance: accepted ", s.accepted,
                           " is not delivered ", s.delivered, " + pending ",
                           s.pending, " + dead ", s.dead, " + expired ",
                           s.expired, " + purged ", s.purged)});
  }

  // Bodies that were to be deleted when the process ended.
  absl::Status FindGarbage(LaneBook& book) {
    const LaneId id = book.lane.id();
    return database_.ForEach(Family::kBodies, SequenceKey(id, 0),
                             [&](std::string_view key, std::string_view) {
                               const auto place = ParseSequenceKey(key);
                               if (place.has_value() && place->first == id &&
                                   place->second < book.lane.oldest_chunk()) {
                                 book.bodies_from = place->second;
                                 book.garbage_bytes = kUnknownBytes;
                               }
                               return false;
                             });
  }

  const Database& database_;
  Books& books_;
  const absl::Time now_;
  std::vector<Damage>* const damages_;
  std::map<LaneId, Entry> lanes_;
  absl::Status error_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Books>> LoadBooks(const Database& database,
                                                 const RocksOptions& options,
                                                 absl::Time now,
                                                 std::vector<Damage>* damages) {
  auto books = std::make_unique<Books>(options);
  SEGRID_RETURN_IF_ERROR(Loader(database, *books, now, damages).Load());
  return books;
}

}  // namespace segrid::queue::rocksdb

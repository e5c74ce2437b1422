#include "core/queue/rocksdb/commit_records.h"

#include <algorithm>

#include "core/queue/rocksdb/records.h"

namespace segrid::queue::rocksdb {

namespace rdb = ::rocksdb;

namespace {

rdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

CommitRecords::CommitRecords(const CommitDeps& deps)
    : database_(deps.database), books_(deps.books), batch_(deps.batch) {
  batch_.Clear();
}

// A batch fails only when it grows over 4 GB; what waits is limited.
void CommitRecords::Put(Family family, std::string_view key,
                        const std::string& value) {
  batch_.Put(database_.family(family), ToSlice(key), value)
      .PermitUncheckedError();
}

void CommitRecords::Put(Family family, std::string_view key,
                        const std::vector<rdb::Slice>& value) {
  const rdb::Slice one = ToSlice(key);
  batch_
      .Put(database_.family(family), rdb::SliceParts(&one, 1),
           rdb::SliceParts(value.data(), static_cast<int>(value.size())))
      .PermitUncheckedError();
}

void CommitRecords::Delete(Family family, std::string_view key) {
  batch_.Delete(database_.family(family), ToSlice(key)).PermitUncheckedError();
}

void CommitRecords::DeleteRange(Family family, std::string_view begin,
                                std::string_view end) {
  batch_.DeleteRange(database_.family(family), ToSlice(begin), ToSlice(end))
      .PermitUncheckedError();
  changed_ = true;
}

void CommitRecords::Touch(LaneBook& book) {
  changed_ = true;
  if (std::find(touched_.begin(), touched_.end(), &book) == touched_.end()) {
    touched_.push_back(&book);
  }
}

void CommitRecords::TouchAll() {
  for (const auto& [name, book] : books_.lanes) Touch(*book);
  changed_ = true;
}

template <class Record>
void CommitRecords::PutTwice(const std::string& key, const Record& record) {
  Put(Family::kLanes, key, Encode(record, key));
  if (books_.format < kFormatWithOrigins) return;
  const std::string copy = CopyKey(key);
  Put(Family::kSettled, copy, Encode(record, copy));
}

void CommitRecords::WriteLane(LaneBook& book) {
  const Lane& lane = book.lane;
  const std::vector<Range> gone = lane.gone();
  for (const Range& old : book.saved_gone) {
    if (std::find(gone.begin(), gone.end(), old) == gone.end()) {
      Delete(Family::kSettled, SequenceKey(lane.id(), old.first));
    }
  }
  for (const Range& range : gone) {
    if (std::find(book.saved_gone.begin(), book.saved_gone.end(), range) ==
        book.saved_gone.end()) {
      const std::string key = SequenceKey(lane.id(), range.first);
      Put(Family::kSettled, key, EncodeSettled(range.last, key));
    }
  }
  LaneRecord record{.id = lane.id(),
                    .cursor = lane.cursor(),
                    .next = book.reserved,
                    .next_dead_id = lane.dead_letters.next_id(),
                    .ledger = lane.ledger};
  if (books_.format >= kFormatWithOrigins) {
    record.commit = number_;
    record.gone = gone;
  }
  book.saved_gone = gone;
  record.ledger.accepted += book.staged_count;
  record.ledger.pending_bytes += book.staged_bytes;
  PutTwice(LaneKey(lane.name()), record);
}

void CommitRecords::Prepare(std::int64_t accepted) {
  if (!changed_) return;
  ++books_.staged_commits;
  books_.staged_accepted += accepted;
  number_ = books_.commit + books_.staged_commits;
  for (LaneBook* const book : touched_) WriteLane(*book);
  PutTwice(std::string(kStoreKey),
           StoreRecord{number_, books_.accepted_total + books_.staged_accepted,
                       books_.dedup.forgotten_until()});
}

}  // namespace segrid::queue::rocksdb

#include "core/queue/rocksdb/books.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace segrid::queue::rocksdb {

std::string TextOf(const Damage& damage) {
  if (damage.lane.empty()) return damage.what;
  return absl::StrCat("lane '", damage.lane, "': ", damage.what);
}

LaneBook* Books::Find(std::string_view name) const {
  const auto found = lanes.find(name);
  return found == lanes.end() ? nullptr : found->second.get();
}

LaneBook& Books::FindOrMake(std::string_view name) {
  if (LaneBook* const found = Find(name)) return *found;
  return *lanes
              .emplace(std::string(name),
                       std::make_unique<LaneBook>(std::string(name),
                                                  ++last_lane_id, 1))
              .first->second;
}

LaneRecord RecordOf(const LaneBook& book, std::uint64_t commit) {
  return {.id = book.lane.id(),
          .cursor = book.lane.cursor(),
          .next = book.lane.next(),
          .next_dead_id = book.lane.dead_letters.next_id(),
          .ledger = book.lane.ledger,
          .commit = commit,
          .gone = book.lane.gone()};
}

bool Books::drained() const {
  return std::all_of(lanes.begin(), lanes.end(), [](const auto& entry) {
    const LaneBook& book = *entry.second;
    return book.lane.pending() == 0 && book.reserved == book.lane.next();
  });
}

std::int64_t Books::Bytes() const {
  std::int64_t bytes = 0;
  for (const auto& [name, book] : lanes) {
    bytes += book->lane.bytes() + book->staged_bytes;
  }
  return bytes;
}

}  // namespace segrid::queue::rocksdb

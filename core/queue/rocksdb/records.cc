#include "core/queue/rocksdb/records.h"

#include <array>
#include <utility>

#include "core/queue/rocksdb/binary.h"

namespace segrid::queue::rocksdb {
namespace {

constexpr char kLanePrefix = 'l';
// No lane's id begins with it: they begin at 1.
constexpr char kCopyPrefix = '\xff';
constexpr std::size_t kSequenceKeyBytes = 12;

// A reader that has taken the checksum off.
BinaryReader Checked(std::string_view value, std::string_view key) {
  BinaryReader reader(value);
  reader.CheckChecksum(key);
  return reader;
}

// Returns the record if all of it was there and nothing more.
template <class Record>
std::optional<Record> Whole(const BinaryReader& reader, Record record) {
  if (!reader.ok() || !reader.rest().empty()) return std::nullopt;
  return record;
}

}  // namespace

std::string_view NameOf(Family family) {
  constexpr std::array<std::string_view, kFamilyCount> kNames = {
      "default", "chunks", "bodies", "settled", "dead"};
  return kNames[static_cast<std::size_t>(family)];
}

std::string LaneKey(std::string_view name) {
  return kLanePrefix + std::string(name);
}

std::optional<std::string_view> ParseLaneKey(std::string_view key) {
  if (key.empty() || key[0] != kLanePrefix) return std::nullopt;
  return key.substr(1);
}

std::string CopyKey(std::string_view key) {
  return kCopyPrefix + std::string(key);
}

std::optional<std::string_view> ParseCopyKey(std::string_view key) {
  if (key.empty() || key[0] != kCopyPrefix) return std::nullopt;
  return key.substr(1);
}

std::string SequenceKey(LaneId lane, std::uint64_t number) {
  std::string key(kSequenceKeyBytes, '\0');
  for (std::size_t i = 0; i < 4; ++i) {
    key[i] = static_cast<char>(lane >> (24 - 8 * i));
  }
  for (std::size_t i = 0; i < 8; ++i) {
    key[4 + i] = static_cast<char>(number >> (56 - 8 * i));
  }
  return key;
}

std::optional<std::pair<LaneId, std::uint64_t>> ParseSequenceKey(
    std::string_view key) {
  if (key.size() != kSequenceKeyBytes) return std::nullopt;
  LaneId lane = 0;
  std::uint64_t number = 0;
  for (const char c : key.substr(0, 4)) {
    lane = lane << 8 | static_cast<std::uint8_t>(c);
  }
  for (const char c : key.substr(4)) {
    number = number << 8 | static_cast<std::uint8_t>(c);
  }
  return std::pair(lane, number);
}

std::string Encode(const StoreRecord& record, std::string_view key) {
  std::string value;
  BinaryWriter writer(value);
  writer.Put(record.commit);
  writer.Put(record.accepted_total);
  writer.PutTime(record.forgotten_until == absl::InfinitePast()
                     ? absl::UnixEpoch()
                     : record.forgotten_until);
  writer.PutChecksum(key);
  return value;
}

std::optional<StoreRecord> ParseStore(std::string_view value,
                                      std::string_view key) {
  BinaryReader reader = Checked(value, key);
  StoreRecord record;
  record.commit = reader.Get<std::uint64_t>();
  record.accepted_total = reader.Get<std::int64_t>();
  record.forgotten_until = reader.GetTime();
  if (record.forgotten_until == absl::UnixEpoch()) {
    record.forgotten_until = absl::InfinitePast();
  }
  return Whole(reader, record);
}

namespace {

// In the place of a number of ranges: they are too many.
constexpr std::uint32_t kNotInline = ~std::uint32_t{0};

void PutGone(const LaneRecord& record, BinaryWriter& writer) {
  writer.Put(record.commit);
  const bool fits =
      record.gone.has_value() && record.gone->size() <= kMaxInlineRanges;
  writer.Put(fits ? static_cast<std::uint32_t>(record.gone->size())
                  : kNotInline);
  if (!fits) return;
  for (const Range& range : *record.gone) {
    writer.Put(range.first);
    writer.Put(range.last);
  }
}

// Behind the rest, and only when there is any, so that a program that does not
// know the column reads the others' records.
void PutPurged(const LaneRecord& record, BinaryWriter& writer) {
  if (record.ledger.purged != 0) writer.Put(record.ledger.purged);
}

void GetGone(BinaryReader& reader, LaneRecord& record) {
  record.commit = reader.Get<std::uint64_t>();
  const auto count = reader.Get<std::uint32_t>();
  if (count == kNotInline) return;
  record.gone.emplace();
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    const auto first = reader.Get<Sequence>();
    record.gone->push_back({first, reader.Get<Sequence>()});
  }
}

}  // namespace

std::string Encode(const LaneRecord& record, std::string_view key) {
  std::string value;
  BinaryWriter writer(value);
  writer.Put(record.id);
  writer.Put(record.cursor);
  writer.Put(record.next);
  writer.Put(record.next_dead_id);
  writer.Put(record.ledger.accepted);
  writer.Put(record.ledger.delivered);
  writer.Put(record.ledger.dropped);
  writer.Put(record.ledger.duplicates);
  writer.Put(record.ledger.pending_bytes);
  if (record.commit != 0) {
    PutGone(record, writer);
    PutPurged(record, writer);
  }
  writer.PutChecksum(key);
  return value;
}

std::optional<LaneRecord> ParseLane(std::string_view value,
                                    std::string_view key) {
  BinaryReader reader = Checked(value, key);
  LaneRecord record;
  record.id = reader.Get<LaneId>();
  record.cursor = reader.Get<Sequence>();
  record.next = reader.Get<Sequence>();
  record.next_dead_id = reader.Get<std::uint64_t>();
  record.ledger.accepted = reader.Get<std::int64_t>();
  record.ledger.delivered = reader.Get<std::int64_t>();
  record.ledger.dropped = reader.Get<std::int64_t>();
  record.ledger.duplicates = reader.Get<std::int64_t>();
  record.ledger.pending_bytes = reader.Get<std::int64_t>();
  if (!reader.rest().empty()) GetGone(reader, record);
  if (!reader.rest().empty()) record.ledger.purged = reader.Get<std::int64_t>();
  return Whole(reader, record);
}

std::string Encode(const ChunkRecord& record, std::string_view key) {
  std::string value;
  value.reserve(32 + record.ids.size() * sizeof(IdHash));
  BinaryWriter writer(value);
  writer.Put(record.info.count);
  writer.Put(record.info.bytes);
  writer.PutTime(record.info.accepted_time);
  writer.Put(static_cast<std::uint32_t>(record.ids.size()));
  for (const IdHash& id : record.ids) {
    writer.Put(id.high);
    writer.Put(id.low);
  }
  writer.PutChecksum(key);
  return value;
}

std::optional<ChunkRecord> ParseChunk(std::string_view value,
                                      std::string_view key) {
  BinaryReader reader = Checked(value, key);
  ChunkRecord record;
  record.info.count = reader.Get<std::uint32_t>();
  record.info.bytes = reader.Get<std::uint32_t>();
  record.info.accepted_time = reader.GetTime();
  const auto ids = reader.Get<std::uint32_t>();
  if (reader.rest().size() != ids * sizeof(IdHash)) return std::nullopt;
  record.ids.resize(ids);
  for (IdHash& id : record.ids) {
    id.high = reader.Get<std::uint64_t>();
    id.low = reader.Get<std::uint64_t>();
  }
  return Whole(reader, std::move(record));
}

std::string EncodeSettled(Sequence last, std::string_view key) {
  std::string value;
  BinaryWriter writer(value);
  writer.Put(last);
  writer.PutChecksum(key);
  return value;
}

std::optional<Sequence> ParseSettled(std::string_view value,
                                     std::string_view key) {
  BinaryReader reader = Checked(value, key);
  const auto last = reader.Get<Sequence>();
  return Whole(reader, last);
}

std::string Encode(const DeadLetter& letter, std::string_view key) {
  std::string value;
  BinaryWriter writer(value);
  writer.Put(letter.sequence);
  writer.PutTime(letter.accepted_time);
  writer.PutTime(letter.dead_time);
  writer.Put(letter.attempts);
  writer.PutText(letter.message_id);
  writer.PutText(letter.reason);
  writer.PutText(letter.answer);
  writer.PutText(letter.track.view());
  writer.PutChecksum(key);
  return value;
}

std::optional<DeadLetter> ParseDeadLetter(std::string_view value,
                                          std::string_view key) {
  const auto place = ParseSequenceKey(key);
  if (!place.has_value()) return std::nullopt;
  BinaryReader reader = Checked(value, key);
  DeadLetter letter;
  letter.id = place->second;
  letter.sequence = reader.Get<Sequence>();
  letter.accepted_time = reader.GetTime();
  letter.dead_time = reader.GetTime();
  letter.attempts = reader.Get<std::int32_t>();
  letter.message_id = reader.GetText();
  letter.reason = reader.GetText();
  letter.answer = reader.GetText();
  letter.track = Bytes(std::string(reader.GetText()));
  return Whole(reader, std::move(letter));
}

}  // namespace segrid::queue::rocksdb

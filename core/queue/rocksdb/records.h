// The records that are stored, and their keys. FORMAT.md describes the bytes.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/queue/dead_letter.h"
#include "core/queue/rocksdb/dedup_table.h"
#include "core/queue/rocksdb/lane.h"

namespace segrid::queue::rocksdb {

// Column families, in the order of Database's handles.
enum class Family : std::size_t { kLanes, kChunks, kBodies, kSettled, kDead };
inline constexpr std::size_t kFamilyCount = 5;
// As RocksDB knows it.
std::string_view NameOf(Family family);

// Keys. Numbers are big-endian, so that keys sort as numbers do.
std::string LaneKey(std::string_view name);         // kLanes
inline constexpr std::string_view kStoreKey = "s";  // kLanes
// The key of the second copy of a record of kLanes, which is in kSettled: one
// damaged file must not take both.
std::string CopyKey(std::string_view key);
// The key in kLanes whose copy this is; nullopt for other keys of kSettled.
std::optional<std::string_view> ParseCopyKey(std::string_view key);
std::string SequenceKey(LaneId lane, std::uint64_t number);  // The others.
// The lane and the number of such a key; nullopt when it is none.
std::optional<std::pair<LaneId, std::uint64_t>> ParseSequenceKey(
    std::string_view key);
// The lane's name in a LaneKey; nullopt for other keys of kLanes.
std::optional<std::string_view> ParseLaneKey(std::string_view key);

// Each Parse gives nullopt when the value is damaged or stands under another
// key than its own.

// kStoreKey: what all lanes share.
struct StoreRecord {
  std::uint64_t commit = 0;         // Number of the last commit.
  std::int64_t accepted_total = 0;  // In all lanes.
  absl::Time forgotten_until = absl::InfinitePast();  // See DedupTable.
};
std::string Encode(const StoreRecord& record, std::string_view key = kStoreKey);
std::optional<StoreRecord> ParseStore(std::string_view value,
                                      std::string_view key = kStoreKey);

// A lane: its ledger, and where it stands.
struct LaneRecord {
  LaneId id = 0;
  Sequence cursor = 1;
  Sequence next = 1;
  std::uint64_t next_dead_id = 1;
  Ledger ledger{};
  // The number of the commit that wrote it, so that an older one is known. 0:
  // it is in format 1, which does not say.
  std::uint64_t commit = 0;
  // Format 2: all that is settled above the cursor, unless it is more than
  // kMaxInlineRanges. A commit adds to Family::kSettled what is new, so one
  // that is lost takes that along; this says all of it each time.
  std::optional<std::vector<Range>> gone{};
};
inline constexpr std::size_t kMaxInlineRanges = 32;
std::string Encode(const LaneRecord& record, std::string_view key);
std::optional<LaneRecord> ParseLane(std::string_view value,
                                    std::string_view key);

// A chunk without its messages: what Open needs. `ids` is empty when the
// messages were replayed.
struct ChunkRecord {
  ChunkInfo info{};
  std::vector<IdHash> ids{};
};
std::string Encode(const ChunkRecord& record, std::string_view key);
std::optional<ChunkRecord> ParseChunk(std::string_view value,
                                      std::string_view key);

// The last sequence of a settled range that begins with the key.
std::string EncodeSettled(Sequence last, std::string_view key);
std::optional<Sequence> ParseSettled(std::string_view value,
                                     std::string_view key);

std::string Encode(const DeadLetter& letter, std::string_view key);
std::optional<DeadLetter> ParseDeadLetter(std::string_view value,
                                          std::string_view key);

}  // namespace segrid::queue::rocksdb

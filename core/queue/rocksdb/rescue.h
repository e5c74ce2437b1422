// Everything that can be read of a damaged database, file by file.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/queue/rocksdb/body.h"
#include "core/queue/rocksdb/database.h"
#include "core/queue/rocksdb/records.h"

namespace segrid::queue::rocksdb {

// A chunk's messages, which are in the new database.
struct RescuedBody {
  std::uint32_t count = 0;
  std::uint32_t bytes = 0;
  std::uint64_t commit = 0;  // 0: format 1 does not say.
  bool replayed = false;
  std::uint64_t sequence = 0;  // RocksDB's: of two, the larger is newer.
};

// A lane's newest record that was found.
struct RescuedLane {
  std::optional<LaneRecord> record{};
  std::string name{};  // Empty: found nowhere.
};

// The records that were found. Chunks are written once and never change, bodies
// only when messages are erased, so they go into the new database at once; the
// rest is chosen when all of it is known.
struct Rescued {
  std::map<LaneId, RescuedLane> lanes{};
  std::optional<StoreRecord> store{};
  std::map<LaneId, std::vector<Range>> settled{};
  std::map<std::string, RescuedBody> bodies{};   // By their keys.
  std::map<std::string, ChunkInfo> chunks{};     // The same.
  std::map<std::string, std::string> letters{};  // The same; stored values.
  std::vector<std::string> damages{};            // For people.
  bool bodies_are_whole = true;  // No file was damaged that may have some.
};

// Reads all files of the database in `path`, which must not be open, and writes
// bodies and chunks into `target`, which is new. Blocking: reads all of it.
// Errors: as Database::Write.
absl::Status RescueAll(const std::string& path, Database& target,
                       Rescued& rescued);

}  // namespace segrid::queue::rocksdb

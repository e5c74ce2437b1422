// Everything the durable store knows in memory: the mirror of what is on disk.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/queue/rocksdb/database.h"
#include "core/queue/rocksdb/dedup_table.h"
#include "core/queue/rocksdb/format.h"
#include "core/queue/rocksdb/lane.h"
#include "core/queue/rocksdb/options.h"
#include "core/queue/rocksdb/records.h"

namespace segrid::queue::rocksdb {

// A lane, and what of it is on disk.
struct LaneBook {
  LaneBook(std::string name, LaneId id, Sequence cursor)
      : lane(std::move(name), id, cursor),
        reserved(cursor),
        bodies_from(cursor),
        chunks_from(cursor) {}

  Lane lane;
  Sequence reserved;  // The next sequence for what is on its way to the disk.
  std::int64_t staged_bytes = 0;    // Their bytes.
  std::int64_t staged_count = 0;    // Newly accepted messages of it.
  std::vector<Range> saved_gone{};  // As stored in Family::kSettled.

  // Bodies below the cursor are deleted from here on, when they are enough.
  Sequence bodies_from;
  std::int64_t garbage_bytes = 0;
  std::int64_t deleted_bytes = 0;  // Whose space was not given back yet.
  // So far the records of settled chunks are deleted.
  Sequence chunks_from;
};

// Values to move, not to copy. Not thread-safe.
struct Books {
  explicit Books(const RocksOptions& options)
      : dedup(options.dedup_window,
              options.dedup_memory_bytes / DedupTable::kMaxBytesPerId) {}

  // nullptr: the lane was never appended to.
  LaneBook* Find(std::string_view name) const;
  LaneBook& FindOrMake(std::string_view name);
  // Sums pending messages, dead letters, and what is on its way.
  std::int64_t Bytes() const;
  // Whether no lane has anything pending or on its way.
  bool drained() const;

  std::map<std::string, std::unique_ptr<LaneBook>, std::less<>> lanes{};
  DedupTable dedup;
  LaneId last_lane_id = 0;
  int format = kFormatVersion;  // In which commits are written.
  std::uint64_t commit = 0;     // The last that was written.
  std::int64_t accepted_total = 0;
  // Commits that are prepared and not published yet, and their messages.
  std::uint64_t staged_commits = 0;
  std::int64_t staged_accepted = 0;
};

// A lane as it is published.
LaneRecord RecordOf(const LaneBook& book, std::uint64_t commit);

// Something that is damaged.
struct Damage {
  std::string lane{};  // Empty: of no lane, or nobody knows.
  Range range{};       // Messages that are lost by it; may be empty.
  std::string what{};
  // The record to delete, so that the rest can be used. Empty: none.
  Family family = Family::kLanes;
  std::string key{};
};

// "lane 'x': what", or just what.
std::string TextOf(const Damage& damage);

}  // namespace segrid::queue::rocksdb

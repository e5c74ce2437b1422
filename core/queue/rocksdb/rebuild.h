// Makes the books of a store anew from what was rescued of it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/queue/rocksdb/database.h"
#include "core/queue/rocksdb/rescue.h"
#include "core/queue/rocksdb/watermark.h"

namespace segrid::queue::rocksdb {

struct Rebuilt {
  std::vector<std::string> actions{};  // For people, one line each.
  std::int64_t lost_messages = 0;
  Mark mark{};  // For the watermark.
};

// Writes what is missing besides bodies and chunks into `target`, which has
// those of `rescued`, and deletes what is settled: afterwards it can be loaded.
// `mark` is the old watermark. Errors: as Database's.
absl::StatusOr<Rebuilt> RebuildBooks(
    const Rescued& rescued, const std::vector<std::string>& known_lanes,
    const std::optional<Mark>& mark, Database& target);

}  // namespace segrid::queue::rocksdb

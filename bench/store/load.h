// Many callers that append at once, and what it took.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/queue/message.h"

namespace segrid::bench::store {

struct LoadOptions {
  int callers = 64;
  int events_per_call = 10;
  absl::Duration duration = absl::Seconds(2);
};

struct LoadResult {
  double events_per_second = 0;
  absl::Duration p50{};
  absl::Duration p99{};
  absl::Duration processor_per_event{};  // Of all threads of this process.
  std::int64_t payload_bytes = 0;
  std::int64_t written_bytes = 0;  // By this process, to the disk.
};

// A chunk of Tracks like those of the corpus, 653 bytes each, with ids that no
// other chunk has.
queue::Chunk MakeChunk(int caller, std::int64_t call, int events);

// Each caller calls `append` with a chunk, again and again. Appending must
// block until the chunk is durable.
LoadResult RunLoad(const LoadOptions& options,
                   const std::function<void(queue::Chunk chunk)>& append);

// Bytes that this process has caused to be written to disks.
std::int64_t WrittenBytes();

}  // namespace segrid::bench::store

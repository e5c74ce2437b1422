// Many callers that append and wait.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bench/stats/histogram.h"
#include "core/queue/queue.h"

namespace segrid::bench {

struct AppendLoad {
  int callers = 64;
  absl::Duration duration;
};

struct AppendRate {
  std::int64_t calls = 0;
  double seconds = 0;
  Histogram latency = {};  // Nanoseconds.
  bool failed = false;
};

// Each caller calls `append`, which blocks until the bytes are durable and
// returns whether they are, again and again. `append` gets the caller's number
// and the number of the call, both from 0.
AppendRate RunAppends(
    const AppendLoad& load,
    const std::function<bool(int caller, std::int64_t call)>& append);

// Messages like a source's Tracks: 700 bytes of JSON each, with ids that no
// other call has. The same bytes for every store.
class ChunkMaker {
 public:
  explicit ChunkMaker(int messages);

  queue::Chunk Make(int caller, std::int64_t call) const;
  std::size_t bytes() const { return json_.size(); }

 private:
  std::string json_;
  std::vector<queue::Message> messages_;
};

}  // namespace segrid::bench

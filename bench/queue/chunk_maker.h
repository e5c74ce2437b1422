// Messages to append: Tracks of made-up events.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/queue/message.h"

namespace segrid::bench {

// Chunks of `messages` real Tracks each, about 650 bytes of JSON per message:
// other addresses, ids, links and times in each of some thousand Tracks, made
// once from a seed by the product's own transform. The same bytes for every
// store. Thread safety: any thread.
class ChunkMaker {
 public:
  explicit ChunkMaker(int messages);

  // A chunk whose ids no other pair of `caller` (below 2^16) and `call` (below
  // 2^32) has. It costs a copy of one of the chunks made before.
  queue::Chunk Make(int caller, std::int64_t call) const;

  // JSON bytes of a chunk, on average.
  double mean_bytes() const;

 private:
  struct Prepared {
    std::string json;
    std::vector<queue::Message> messages;
  };

  std::vector<Prepared> prepared_;
};

}  // namespace segrid::bench

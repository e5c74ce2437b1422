// A chunk on its way to the disk.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/queue/rocksdb/body.h"
#include "core/queue/rocksdb/books.h"

namespace segrid::queue::rocksdb {

// A chunk with this much takes no more messages, so that one Take reads about
// one.
inline constexpr std::uint32_t kMaxChunkBytes = 512 << 10;
inline constexpr std::uint32_t kMaxChunkMessages = 2'500;

// Not thread-safe.
struct StagedChunk {
  LaneBook* book = nullptr;
  Sequence first = 0;
  bool replay = false;  // Its messages were accepted before.
  std::string key{};
  BodyBuilder body{};
  std::vector<IdHash> ids{};
  std::vector<Bytes> kept{};  // The body's views lie in these.

  void Add(const Message& m) {
    body.Add(m.size_bytes, m.id_offset - m.offset, m.id_size_bytes);
  }
  // After the last `messages` of `chunk` were added.
  void Trace(const Chunk& chunk, std::size_t messages) {
    if (!chunk.trace.has_value()) return;
    body.AddTrace(static_cast<std::uint32_t>(messages), *chunk.trace);
  }
  // For messages that stay together.
  bool HasRoom(std::size_t messages = 1, std::size_t bytes = 1) const {
    return body.count() == 0 || (body.bytes() + bytes <= kMaxChunkBytes &&
                                 body.count() + messages <= kMaxChunkMessages);
  }
};

}  // namespace segrid::queue::rocksdb

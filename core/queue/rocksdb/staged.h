// A chunk on its way to the disk.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/queue/rocksdb/body.h"
#include "core/queue/rocksdb/books.h"
#include "core/queue/rocksdb/commit.h"

namespace segrid::queue::rocksdb {

// A chunk with this much takes no more messages, so that one Take reads about
// one.
inline constexpr std::uint32_t kMaxChunkBytes = 512 << 10;
inline constexpr std::uint32_t kMaxChunkMessages = 2'500;

struct Commit::Staged {
  LaneBook* book = nullptr;
  Sequence first = 0;
  bool replay = false;  // Its messages were accepted before.
  std::string key{};
  BodyBuilder body{};
  std::vector<IdHash> ids{};
  std::vector<Bytes> kept{};  // What the body's views lie in.

  bool HasRoom() const {
    return body.bytes() < kMaxChunkBytes && body.count() < kMaxChunkMessages;
  }
};

}  // namespace segrid::queue::rocksdb

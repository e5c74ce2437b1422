// Pieces of a chunk's JSON, compressed where that makes them smaller: what is
// written costs several copies, a checksum and the disk, and Tracks repeat
// themselves.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/queue/message.h"

namespace segrid::queue::rocksdb {

// Shorter JSON is stored as it is.
inline constexpr std::size_t kMinPackedBytes = 4 << 10;
// JSON of a frame, if it has more than one message. LZ4 is a third faster on
// what is smaller than 64 KiB.
inline constexpr std::size_t kFrameBytes = 65'000;

// JSON of whole messages joined by commas, as it is stored. A view.
struct Frame {
  std::uint32_t json_bytes = 0;
  std::string_view stored{};  // As large as the JSON: it is the JSON.
};

// Bytes of room that Pack needs at most.
std::size_t PackRoom(std::size_t json_bytes);
// The frame of `json`, which lies in `room` or is `json` itself.
Frame Pack(std::string_view json, char* room);
// Writes the frame's JSON to `out`, which has room for `json_bytes`; false: the
// stored bytes are damaged. It never writes more.
bool Unpack(const Frame& frame, char* out);

// The JSON of `count` messages of a chunk.
struct PackedRun {
  std::size_t count = 0;
  Frame frame{};
};

// A chunk that is large enough, packed by the caller's own thread for the
// usual case that none of its messages is a duplicate. Its views live as long
// as this and the chunk.
struct PackedChunk {
  std::unique_ptr<char[]> room{};
  std::vector<PackedRun> runs{};  // All of its messages; empty: not packed.
};

PackedChunk PackChunk(const Chunk& chunk);

}  // namespace segrid::queue::rocksdb

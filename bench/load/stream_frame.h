// The messages in flight on a stream.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grpcpp/support/byte_buffer.h"

namespace segrid::bench {

// A message that waits for its answer.
struct Frame {
  std::int64_t intended_ns = 0;
  std::int64_t sent_ns = 0;
  std::int64_t events = 0;
  std::int64_t bytes = 0;
};

// Finds a frame by the request_id of its answer. Ids are 8 characters: the slot
// and a generation, so that a second answer to one message is noticed. Memory
// is bounded by the most frames that were in flight. Thread safety: none.
class FrameTable {
 public:
  // Returns the frame's request_id.
  std::string Add(const Frame& frame);

  // Moves the frame with this id to `out`. False when nobody waits for it.
  bool Take(std::string_view request_id, Frame& out);

  std::vector<Frame> TakeAll();

  std::size_t size() const { return slots_.size() - free_.size(); }

  // When the frame that waits longest was sent; 0 when none waits.
  std::int64_t OldestSent() const;

 private:
  struct Slot {
    Frame frame;
    std::uint32_t generation = 0;
    bool is_used = false;
  };
  std::vector<Slot> slots_;
  std::vector<std::size_t> free_;
};

// A TransformStreamRequest or ForwardStreamRequest (their numbers are equal) of
// the id and the serialized request. No copy of the request.
grpc::ByteBuffer FrameBytes(const std::string& request_id, grpc::Slice request);

}  // namespace segrid::bench

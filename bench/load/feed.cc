#include "bench/load/feed.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace segrid::bench {

Feed::Request Feed::Next() {
  const std::uint64_t turn = next_.fetch_add(1, std::memory_order_relaxed);
  const Payload& payload = payloads_[turn % payloads_.size()];
  if (!stamp_) {
    return {grpc::Slice(payload.bytes.data(), payload.bytes.size(),
                        grpc::Slice::STATIC_SLICE),
            payload.events};
  }
  const std::size_t size = payload.bytes.size();
  auto* copy = static_cast<char*>(std::malloc(size + 1));
  if (copy == nullptr) throw std::bad_alloc();
  std::memcpy(copy, payload.bytes.data(), size);
  StampIds(
      payload, run_,
      stamped_.fetch_add(payload.id_offsets.size(), std::memory_order_relaxed),
      copy);
  return {grpc::Slice(copy, size, std::free), payload.events};
}

}  // namespace segrid::bench

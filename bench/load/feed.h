// Hands out the requests of a run, one after the other.

#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "bench/load/payload.h"
#include "grpcpp/support/slice.h"

namespace segrid::bench {

// Goes round and round over the payloads. Without stamping, a request is a
// reference to the payload and costs nothing; with it, a copy whose events have
// ids of their own (StampIds).
//
// Ownership:     the payloads must outlive every slice.
// Thread safety: any thread.
class Feed {
 public:
  // `run` tells the stamps of runs apart.
  Feed(const std::vector<Payload>& payloads, bool stamp, std::uint32_t run)
      : payloads_(payloads), stamp_(stamp), run_(run) {}

  struct Request {
    grpc::Slice bytes;
    std::int64_t events;
  };
  Request Next();

 private:
  const std::vector<Payload>& payloads_;
  const bool stamp_;
  const std::uint32_t run_;
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<std::uint64_t> stamped_ = 0;
};

}  // namespace segrid::bench

// The requests that a run sends, serialized before it starts.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/load/method.h"

namespace segrid::bench {

struct PayloadOptions {
  Method method = Method::kTransform;
  Input input = Input::kJson;
  Output output = Output::kBatch;  // Transform only.
  // Events per request. 0: each body as it is, or 100 generated events. Up to
  // 1,000,000.
  std::int32_t batch = 0;
  std::uint64_t seed = 1;            // Of the generated events.
  std::vector<std::string> bodies;   // Webhook bodies. Empty: generate events.
  std::string source;                // Transform's source.
  std::vector<std::string> sources;  // Forward's sources.
  // Echo: size of the answers; 0 = that of the request.
  std::uint32_t answer_bytes = 0;
  // How many different requests are made, within `max_pool_bytes` in all.
  std::int32_t pool = 64;
  std::int64_t max_pool_bytes = 16 << 20;
};

// One request message.
struct Payload {
  std::string bytes = {};
  std::int64_t events = 0;
  // Where the events' ids stand in `bytes`, see StampIds.
  std::vector<std::size_t> id_offsets = {};
};

// At least one payload. INVALID_ARGUMENT when a body is not what the options
// say.
absl::StatusOr<std::vector<Payload>> MakePayloads(
    const PayloadOptions& options);

// Characters of an event's id that StampIds replaces.
inline constexpr std::size_t kStampBytes = 11;

// Gives each event of `bytes`, a copy of `payload.bytes`, an id that no other
// call has: a server that removes duplicates sees new events. `run` tells runs
// apart, `first` is the number of events stamped before in this run.
void StampIds(const Payload& payload, std::uint32_t run, std::uint64_t first,
              char* bytes);

}  // namespace segrid::bench

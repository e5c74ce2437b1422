// Parts of a path that need no server, alone in this process: the work that a
// call cannot do without, by the fastest library that we know or by our codecs.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/load/payload.h"
#include "bench/paths/measure.h"

namespace segrid::bench {

// The bytes of a call's requests, which the parts work on one after the other.
struct PartInput {
  std::vector<Payload> requests;     // TransformRequests, serialized.
  Input form = Input::kJson;         // Of their events.
  std::vector<std::string> bodies;   // Webhook bodies; of kJson only.
  std::vector<std::string> batches;  // The Tracks of each request, as JSON.
};

// The input of calls with `events` events each, of `bodies` (empty: generated
// ones). Errors: those of MakePayloads, INTERNAL when the transform fails.
absl::StatusOr<PartInput> MakePartInput(const std::vector<std::string>& bodies,
                                        Input form, Output output,
                                        std::int32_t events);

// The transform of a request, without gRPC.
absl::StatusOr<Reading> TransformAlone(const PartInput& input, Output output,
                                       absl::Duration length);

// SHA-256 of a body by OpenSSL.
Reading HashAlone(const PartInput& input, absl::Duration length);

// A check of a signature over a hash that is there, by OpenSSL.
Reading SignatureAlone(absl::Duration length);

// LZ4 of the Tracks of a call, in frames and at the level of the queue.
Reading PackAlone(const PartInput& input, absl::Duration length);

// An append of these frames to a RawLog below `directory`, and its sync, by
// `callers` callers at a time.
absl::StatusOr<Reading> AppendAlone(const PartInput& input, int callers,
                                    const std::string& directory,
                                    absl::Duration length);

// `ids` look-ups, each of an id that is not there and gets there, in a bare
// hash table of a million ids that never grows.
Reading LookUpsAlone(int ids, absl::Duration length);

}  // namespace segrid::bench

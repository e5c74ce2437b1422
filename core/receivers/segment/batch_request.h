// A batch as Segment's API wants it.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/secret.h"
#include "core/base/trace_parent.h"
#include "core/http/body.h"
#include "core/http/client.h"
#include "core/receivers/receiver.h"

namespace segrid::receivers::segment {

// Makes requests for one source. A value; read-only use from any thread.
struct BatchRequest {
  std::string path{};  // See BatchPath().
  base::Secret write_key{};
  bool gzip = true;
  // Of the request as a part of its batch's trace. Never 0; any thread.
  std::function<std::uint64_t()> new_span_id = base::RandomSpanId;

  // The request for `batch`, whose bytes it refers to, with `sentAt` = `now`.
  // RESOURCE_EXHAUSTED/GZIP_FAILED: no memory to compress.
  absl::StatusOr<http::Request> Make(const Batch& batch, absl::Time now) const;

  // `text` with *** for the write key, in the two forms that a receiver may
  // repeat: as it is, and as it was sent.
  std::string Mask(std::string_view text) const;
};

// `{"batch":[…],"sentAt":"…"}`. Refers to the batch's bytes.
http::Body BatchBody(const Batch& batch, absl::Time now);

// Where to POST, below a base path that may end with /v1, with /v1 twice, or
// with all of it. Another path that ends with /batch is taken as it is.
std::string BatchPath(std::string_view base);

}  // namespace segrid::receivers::segment

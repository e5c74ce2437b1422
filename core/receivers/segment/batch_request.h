// A batch as Segment's API wants it, or as an endpoint of one's own does.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/secret.h"
#include "core/base/trace_parent.h"
#include "core/http/body.h"
#include "core/http/client.h"
#include "core/receivers/receiver.h"

namespace segrid::receivers::segment {

// The format of a body.
enum class Form : std::uint8_t {
  kBatch,  // {"batch":[…],"sentAt":"…"}
  kArray,  // […]
  kLines,  // A Track and a line end each.
};

// Makes requests for one source. A value; read-only use from any thread.
struct BatchRequest {
  std::string path{};        // See BatchPath().
  base::Secret write_key{};  // Empty: no Basic authentication.
  bool gzip = true;
  Form form = Form::kBatch;
  // Besides ours, or in place of ours that have the same name.
  std::vector<std::pair<std::string, base::Secret>> headers{};
  // The key of Standard Webhooks, in bytes: see crypto/webhook_secret.h. Signed
  // are the bytes as they are sent. Empty: unsigned.
  base::Secret signing_key{};
  // Makes the id of a request in its batch's trace. Never 0; any thread.
  std::function<std::uint64_t()> new_span_id = base::RandomSpanId;

  // The request for `batch`, whose bytes it refers to, with `sentAt` = `now`.
  // With a `token`, that is what it shows, and the write key is in the body, as
  // Segment's own clients do it.
  // RESOURCE_EXHAUSTED/GZIP_FAILED: no memory to compress.
  absl::StatusOr<http::Request> Make(
      const Batch& batch, absl::Time now,
      const base::Secret& token = base::Secret()) const;

  // `text` with *** for the secrets of a request, in the forms that a receiver
  // may repeat: as they are, and as they were sent.
  std::string Mask(std::string_view text,
                   const base::Secret& token = base::Secret()) const;
};

// A body of `form`. Refers to the batch's bytes. A `write_key` that is not
// empty is a member of kBatch.
http::Body BatchBody(const Batch& batch, absl::Time now,
                     Form form = Form::kBatch,
                     const base::Secret& write_key = base::Secret());

// Where to POST, below a base path that may end with /v1, with /v1 twice, or
// with all of it. Another path that ends with /batch is taken as it is.
std::string BatchPath(std::string_view base);

}  // namespace segrid::receivers::segment

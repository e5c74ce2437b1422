// One Forward, from the request's bytes to the answer's.

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/trace_parent.h"
#include "core/codec/output.h"
#include "server/rpc/bridge_environment.h"

namespace segrid::rpc {

// Gets the serialized ForwardResponse.
using ForwardAnswer = std::function<void(absl::StatusOr<codec::OutputBuffer>)>;

// What the caller says beside the request.
struct ForwardTerms {
  absl::Time deadline = absl::InfiniteFuture();
  std::optional<base::TraceParent> trace{};
  // Ends WAIT_DELIVERED's wait at once; see pipeline::ForwardCall, also for the
  // next.
  std::stop_token stop{};
  std::function<void(std::size_t bytes)> on_wait{};
};

// Decodes `request`, a serialized ForwardRequest that is read during the call
// only, and runs it, unless its deadline cannot be met. WAIT_DELIVERED is
// answered a little before that. `answer` runs exactly once, inline or later in
// another thread.
//
// Thread safety: any thread. Blocking: never.
// Errors:        as proto/segrid/v1/bridge.proto lists them.
void RunForward(const BridgeEnvironment& environment, std::string_view request,
                const ForwardTerms& terms, ForwardAnswer answer);

// When to answer a call that ends at `deadline`, so that the answer still
// arrives: a tenth of what is left earlier, at most 100 ms. InfiniteFuture
// stays what it is.
absl::Time AnswerTime(absl::Time deadline, absl::Time now);

}  // namespace segrid::rpc

// What a caller says beside its message.

#pragma once

#include <grpcpp/server_context.h>

#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "core/base/trace_parent.h"

namespace segrid::rpc {

// The value of a key that stands once; "" without it, and when it stands twice:
// which one would hold? Lives as long as the call.
std::string_view MetadataOf(const grpc::CallbackServerContext& context,
                            const char* key);

// InfiniteFuture when there is none.
absl::Time DeadlineOf(const grpc::CallbackServerContext& context);

// The caller's `traceparent` (W3C Trace Context) with its `tracestate`; nullopt
// without a valid `traceparent`.
std::optional<base::TraceParent> TraceOf(
    const grpc::CallbackServerContext& context);

}  // namespace segrid::rpc

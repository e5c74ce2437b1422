#include "server/rpc/caller_metadata.h"

#include <chrono>
#include <iterator>
#include <string>

namespace segrid::rpc {

std::string_view MetadataOf(const grpc::CallbackServerContext& context,
                            const char* key) {
  const auto [begin, end] = context.client_metadata().equal_range(key);
  if (begin == end || std::next(begin) != end) return "";
  return {begin->second.data(), begin->second.size()};
}

absl::Time DeadlineOf(const grpc::CallbackServerContext& context) {
  // gRPC says "no deadline" with the largest time there is.
  const std::chrono::system_clock::time_point deadline = context.deadline();
  return deadline == std::chrono::system_clock::time_point::max()
             ? absl::InfiniteFuture()
             : absl::FromChrono(deadline);
}

std::optional<base::TraceParent> TraceOf(
    const grpc::CallbackServerContext& context) {
  std::optional<base::TraceParent> trace =
      base::ParseTraceParent(MetadataOf(context, "traceparent"));
  if (!trace.has_value()) return trace;
  std::string states;
  const auto [begin, end] = context.client_metadata().equal_range("tracestate");
  for (auto it = begin; it != end; ++it) {
    states.append(states.empty() ? "" : ",")
        .append(it->second.data(), it->second.size());
  }
  trace->state = base::ParseTraceState(states);
  return trace;
}

}  // namespace segrid::rpc

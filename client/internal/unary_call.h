// One blocking call with a deadline, and its error as ours.

#pragma once

#include <grpcpp/client_context.h>

#include <chrono>
#include <optional>
#include <utility>

#include "client/connection.h"
#include "client/internal/channel.h"
#include "client/result.h"

namespace segrid::internal {

// Prepares `context` for a call over `channel`: deadline and wait_for_ready.
// INVALID_ARGUMENT, `BAD_OPTION` when the time-out is out of range.
std::optional<Error> PrepareCall(const Channel& channel,
                                 const CallOptions& options,
                                 grpc::ClientContext& context);

// The error of a call over `channel` that failed; tells a deadline that passed
// without a connection (`NOT_CONNECTED`) from one that passed with it.
Error ErrorOfCall(const Channel& channel, const grpc::Status& status);

// Over what a call goes, and how. References: for the call's time only.
struct CallSite {
  const Channel& channel;
  const CallOptions& options;
};

// Calls `method` of `stub` and blocks until the answer is there or the call's
// time is over.
template <typename Response, typename Stub, typename Request>
Result<Response> UnaryCall(const CallSite& site, Stub& stub,
                           grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                        const Request&,
                                                        Response*),
                           const Request& request) {
  grpc::ClientContext context;
  if (auto bad = PrepareCall(site.channel, site.options, context)) {
    return *std::move(bad);
  }
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return ErrorOfCall(site.channel, status);
  return response;
}

}  // namespace segrid::internal

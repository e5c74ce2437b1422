// Calls to an AdminService whose answers come until somebody has had enough.

#pragma once

#include <grpcpp/support/sync_stream.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "client/cli/admin.h"
#include "client/cli/console.h"
#include "client/cli/known_sources.h"

namespace segrid::cli {

// Calls `&AdminStub::Method` and gives each answer to `show`, until that
// returns false. The exit code: kDone then; else it has said why the stream
// ended, or that nothing can be written any more. `sources` are those of the
// request, for the error that one is not known. Blocking, for a day at most.
template <typename Request, typename Response, typename Show>
int FollowAdmin(const ServerFlags& flags, Console& console,
                std::unique_ptr<grpc::ClientReader<Response>> (
                    AdminStub::*method)(grpc::ClientContext*, const Request&),
                const Request& request, Show show,
                const std::vector<std::string>& sources = {}) {
  const auto channel = internal::OpenChannel(flags.ToClientOptions());
  if (!channel.ok()) return Fail(console, channel.error());
  grpc::ClientContext context;
  CallOptions options;
  options.timeout = std::chrono::hours(24);
  if (auto bad = internal::PrepareCall(*channel, options, context)) {
    return Fail(console, *bad);
  }
  AdminStub stub(channel->grpc);
  const auto stream = (stub.*method)(&context, request);
  for (Response answer; stream->Read(&answer);) {
    const bool goes_on = show(answer);
    if (!console.out) return Fail(console, kCannotWrite);
    if (goes_on) continue;
    context.TryCancel();
    stream->Finish();
    return kDone;
  }
  const grpc::Status status = stream->Finish();
  if (status.ok()) return Fail(console, "the server ended the stream");
  return Fail(console,
              WithKnownSources(internal::ErrorOfCall(*channel, options, status),
                               flags, sources));
}

}  // namespace segrid::cli

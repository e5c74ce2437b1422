// One call with a deadline, and its error as ours.

#pragma once

#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "client/connection.h"
#include "client/internal/callback_scope.h"
#include "client/internal/channel.h"
#include "client/result.h"

namespace segrid::internal {

// Prepares `context` for a call over `channel`: deadline, wait_for_ready,
// metadata. FAILED_PRECONDITION, `FORKED` in a process that did not make the
// channel; INVALID_ARGUMENT, `BAD_OPTION` when the time-out is out of range;
// CANCELLED, `STOPPED` when the caller wants no call any more.
std::optional<Error> PrepareCall(const Channel& channel,
                                 const CallOptions& options,
                                 grpc::ClientContext& context);

// The error of a call over `channel` that failed; tells a deadline that passed
// without a connection (`NOT_CONNECTED`) from one that passed with it, and a
// CANCELLED that the caller wanted (`STOPPED`) from one that nobody asked for.
Error ErrorOfCall(const Channel& channel, const CallOptions& options,
                  const grpc::Status& status);

// Cancels a call when its caller says so.
class CancelOnStop {
 public:
  CancelOnStop(const std::stop_token& stop, grpc::ClientContext& context)
      : callback_(stop, Cancel{&context}) {}

 private:
  struct Cancel {
    grpc::ClientContext* context;
    void operator()() const { context->TryCancel(); }
  };
  std::stop_callback<Cancel> callback_;
};

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
  const CancelOnStop cancel(site.options.stop, context);
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return ErrorOfCall(site.channel, site.options, status);
  return response;
}

// What an asynchronous call needs until it is done.
template <typename Request, typename Response>
struct PendingCall {
  std::shared_ptr<const Channel> channel;
  std::shared_ptr<const Request> request;
  CallOptions options;
  std::function<void(Result<Response>)> done;
  grpc::ClientContext context{};
  Response response{};
  std::optional<CancelOnStop> cancel{};
};

// Starts a call by `start(context, request, response, on_done)`, gRPC's
// callback form, and gives its answer to `done`.
template <typename Request, typename Response, typename Start>
void AsyncUnaryCall(std::shared_ptr<PendingCall<Request, Response>> call,
                    const Start& start) {
  if (auto bad = PrepareCall(*call->channel, call->options, call->context)) {
    return call->done(*std::move(bad));
  }
  auto* const pending = call.get();
  pending->cancel.emplace(pending->options.stop, pending->context);
  start(&pending->context, pending->request.get(), &pending->response,
        [call = std::move(call)](const grpc::Status& status) mutable {
          const CallbackScope scope;
          const auto ended = std::move(call);
          ended->cancel.reset();
          if (!status.ok()) {
            ended->done(ErrorOfCall(*ended->channel, ended->options, status));
          } else {
            ended->done(std::move(ended->response));
          }
        });
}

}  // namespace segrid::internal

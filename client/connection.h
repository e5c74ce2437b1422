// The wire under a Client: one server, or a scripted stand-in for it.

#pragma once

#include <functional>
#include <memory>

#include "client/call_options.h"
#include "client/client_options.h"
#include "client/result.h"
#include "client/stream.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid {

using TransformDone = std::function<void(Result<v1::TransformResponse>)>;
using ForwardDone = std::function<void(Result<v1::ForwardResponse>)>;

// Carries calls to a server. Derive from it to test code that uses a Client
// without a server, or use testing::FakeConnection. A method that is not
// overridden answers UNIMPLEMENTED (the asynchronous ones call the others), so
// methods added later break no stand-in.
//
// Ownership:     shared by the Clients that were made from it. An asynchronous
//                call keeps what it needs until it is done.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      until the answer is there or the call's time is over; the
//                asynchronous methods never. `done` runs exactly once, inline
//                or in a thread of gRPC's, and must not block.
// Errors:        those of the server (proto/segrid/v1/bridge.proto);
//                INVALID_ARGUMENT, `BAD_OPTION` for bad CallOptions;
//                DEADLINE_EXCEEDED when the time is over (`NOT_CONNECTED` when
//                there was no connection); UNAVAILABLE when the connection
//                failed: then the server may or may not have done the call;
//                CANCELLED, `STOPPED` when `CallOptions::stop` said so;
//                FAILED_PRECONDITION, `FORKED` in a child of the process that
//                made the connection.
class Connection {
 public:
  Connection() = default;
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  virtual Result<v1::TransformResponse> Transform(
      const v1::TransformRequest& request, const CallOptions& options);

  virtual Result<v1::ForwardResponse> Forward(const v1::ForwardRequest& request,
                                              const CallOptions& options);

  virtual void TransformAsync(v1::TransformRequest request, CallOptions options,
                              TransformDone done);

  virtual void ForwardAsync(v1::ForwardRequest request, CallOptions options,
                            ForwardDone done);

  // Opens a stream; it is connected when the first answer comes.
  virtual Result<std::unique_ptr<TransformStream>> OpenTransformStream(
      const CallOptions& options);

  virtual Result<std::unique_ptr<ForwardStream>> OpenForwardStream(
      const CallOptions& options);
};

// Makes a connection by gRPC that retries and splits as `options` say. Reads
// the TLS files; does not wait for the server: the first call does.
// INVALID_ARGUMENT, `BAD_OPTION` when the options are out of range or a file
// cannot be read.
Result<std::shared_ptr<Connection>> Connect(const ClientOptions& options = {});

}  // namespace segrid

// The wire under a Client: one server, or a scripted stand-in for it.

#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "client/client_options.h"
#include "client/result.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid {

// What may differ from call to call.
struct CallOptions {
  // How long this call may take in all. Range: 1 ms to 24 h. Unset:
  // `ClientOptions::timeout`.
  std::optional<std::chrono::nanoseconds> timeout{};
};

// Carries calls to a server. Derive from it to test code that uses a Client
// without a server. A method that is not overridden answers UNIMPLEMENTED, so
// methods added later break no stand-in.
//
// Ownership:     shared by the Clients that were made from it.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      until the answer is there or the call's time is over.
// Errors:        those of the server (proto/segrid/v1/bridge.proto);
//                INVALID_ARGUMENT, `BAD_OPTION` for bad CallOptions;
//                DEADLINE_EXCEEDED when the time is over (`NOT_CONNECTED` when
//                there was no connection); UNAVAILABLE when the connection
//                failed: then the server may or may not have done the call.
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
};

// Makes a connection by gRPC. Reads the TLS files; does not wait for the
// server: the first call does. INVALID_ARGUMENT, `BAD_OPTION` when the options
// are out of range or a file cannot be read.
Result<std::shared_ptr<Connection>> Connect(const ClientOptions& options = {});

}  // namespace segrid

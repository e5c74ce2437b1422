// Learns from gRPC's own log which handshakes fail, because gRPC tells nobody
// else.

#pragma once

#include <functional>
#include <string_view>

#include "core/tls/handshake_failure.h"

namespace segrid::app {

// Why a handshake has failed, from what gRPC 1.51 writes of it, and from what
// the check of the client's certificate came to (X509_V_OK: it was good).
tls::HandshakeFailure HandshakeFailureFrom(std::string_view line,
                                           long verify_result);

// Hears the log of gRPC for the whole process and throws it away, but for
// failed handshakes. With the variable GRPC_VERBOSITY set, it is written to
// standard error as well. Call it before gRPC starts, once.
void HearGrpcLog();

// While it lives, `on_failure` is told of each failed handshake with a client,
// in threads of gRPC's. One at a time in a process: gRPC's log has no context.
//
// Thread safety: one owner. Blocking: the destructor waits for a call that
// runs.
class HandshakeWatch {
 public:
  explicit HandshakeWatch(
      std::function<void(tls::HandshakeFailure)> on_failure);
  ~HandshakeWatch();
  HandshakeWatch(const HandshakeWatch&) = delete;
  HandshakeWatch& operator=(const HandshakeWatch&) = delete;
};

}  // namespace segrid::app

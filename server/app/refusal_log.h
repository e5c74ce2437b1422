// The log lines and counts of what the listeners refuse.

#pragma once

#include <grpcpp/support/status.h>

#include <string_view>

#include "absl/status/status.h"
#include "core/pool/executor.h"
#include "core/tls/handshake_failure.h"
#include "server/http/message.h"
#include "server/logging/counted_lines.h"
#include "server/logging/log.h"
#include "server/metrics/refusals.h"

namespace segrid::app {

// Per listener (and webhook) and reason at most one line in 10 s, with the
// number of refusals and what the last one says besides. No event data. Each
// is counted, too.
//
// Ownership:     keeps references to the log, the executor and the counts.
// Thread safety: any thread. Blocking: as the log.
class RefusalLog {
 public:
  RefusalLog(logging::Log& log, pool::Executor& executor,
             metrics::Refusals& counts);

  // A gRPC call ended with an error.
  void OnCall(const grpc::Status& status);
  // A message of a gRPC stream was answered with an error.
  void OnMessage(const absl::Status& status);
  // A TLS handshake with a client of `listener` (`grpc`, `http`) failed.
  void OnHandshake(std::string_view listener, tls::HandshakeFailure failure);
  // An HTTP listener answered with an error.
  void OnRequest(std::string_view listener, const httpd::Answer& answer);

 private:
  metrics::Refusals& counts_;
  logging::CountedLines calls_;
  logging::CountedLines requests_;  // That are of no webhook.
  logging::CountedLines webhooks_;
  logging::CountedLines handshakes_;
  // Probes of TCP do it all day.
  logging::CountedLines closed_handshakes_;
};

}  // namespace segrid::app

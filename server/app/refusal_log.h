// The log lines of what the listeners refuse.

#pragma once

#include <grpcpp/support/status.h>

#include <string_view>

#include "absl/status/status.h"
#include "core/pool/executor.h"
#include "server/http/message.h"
#include "server/logging/counted_lines.h"
#include "server/logging/log.h"

namespace segrid::app {

// Per listener (and webhook) and reason at most one line in 10 s, with the
// number of refusals and what the last one says besides. No event data.
//
// Ownership:     keeps references to the log and the executor.
// Thread safety: any thread. Blocking: as the log.
class RefusalLog {
 public:
  RefusalLog(logging::Log& log, pool::Executor& executor);

  // A gRPC call ended with an error.
  void OnCall(const grpc::Status& status);
  // A message of a gRPC stream was answered with an error.
  void OnMessage(const absl::Status& status);
  // An HTTP listener answered with an error.
  void OnRequest(std::string_view listener, const httpd::Answer& answer);

 private:
  logging::CountedLines calls_;
  logging::CountedLines requests_;  // That are of no webhook.
  logging::CountedLines webhooks_;
};

}  // namespace segrid::app

// What the methods of BridgeService work with.

#pragma once

#include <grpcpp/support/status.h>

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/pipeline/pipeline.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_guard.h"
#include "server/rpc/call_log.h"

namespace segrid::rpc {

// Told of a call when it is answered, and how long that took.
using CallObserver = std::function<void(const grpc::Status&, absl::Duration)>;

// All must outlive the service.
struct BridgeEnvironment {
  base::Clock& clock;
  pipeline::Pipeline& pipeline;
  Admission& admission;
  CallGuard& guard;
  // Of Transform; may be empty. The other methods are watched by interceptors,
  // which cost more than a small Transform.
  CallObserver on_transform{};
  CallLog* log = nullptr;  // May be null.
  // Hears of each message of a stream that is answered with an error. May be
  // empty.
  std::function<void(const absl::Status&)> on_message_error{};
};

}  // namespace segrid::rpc

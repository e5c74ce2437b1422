// What the methods of BridgeService work with.

#pragma once

#include "core/base/clock.h"
#include "core/pipeline/pipeline.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_guard.h"

namespace segrid::rpc {

// All must outlive the service.
struct BridgeEnvironment {
  base::Clock& clock;
  pipeline::Pipeline& pipeline;
  Admission& admission;
  CallGuard& guard;
};

}  // namespace segrid::rpc

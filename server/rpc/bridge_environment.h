// What the methods of BridgeService work with.

#pragma once

#include "core/base/clock.h"
#include "core/pipeline/pipeline.h"
#include "server/rpc/admission.h"

namespace segrid::rpc {

// All must outlive the service.
struct BridgeEnvironment {
  base::Clock& clock;
  pipeline::Pipeline& pipeline;
  Admission& admission;
};

}  // namespace segrid::rpc

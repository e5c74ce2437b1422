// The log lines of what operators do.

#pragma once

#include "server/logging/log.h"
#include "server/rpc/operator_act.h"

namespace segrid::app {

// One line for each act: what, to which source, how many, and by whom if that
// is known.
//
// Thread safety: any thread. Blocking: as the log.
void LogAct(const rpc::OperatorAct& act, logging::Log& log);

}  // namespace segrid::app

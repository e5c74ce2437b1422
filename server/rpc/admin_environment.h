// What the methods of AdminService work with.

#pragma once

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/deliver/deliverer.h"
#include "core/pool/executor.h"
#include "core/queue/queue.h"
#include "segrid/v1/admin.pb.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_guard.h"
#include "server/rpc/operator_act.h"
#include "server/rpc/tail.h"

namespace segrid::rpc {

// All references must outlive the service.
struct AdminEnvironment {
  // What holds now.
  std::function<std::shared_ptr<const config::Config>()> config;
  base::Clock& clock;
  queue::Queue& queue;
  deliver::Deliverer& deliverer;
  pool::Executor& executor;
  Admission& admission;
  CallGuard& guard;
  Tails& tails;
  // Begins what SIGTERM begins. Any thread, any number of times; never blocks.
  std::function<void()> request_drain;
  // Reloads the configuration. `done` runs once, in any thread, when `response`
  // is filled; both messages stay until then. Never blocks. Empty: callers get
  // NO_RELOAD.
  std::function<void(const ::segrid::v1::ReloadConfigRequest& request,
                     ::segrid::v1::ReloadConfigResponse& response,
                     std::function<void(absl::Status)> done)>
      reload_config;
  // Hears of what operators did; may be empty. Any thread; must not block.
  std::function<void(const OperatorAct& act)> on_act{};
};

}  // namespace segrid::rpc

// What the methods of AdminService work with.

#pragma once

#include <functional>

#include "core/base/clock.h"
#include "core/config/config.h"
#include "core/deliver/deliverer.h"
#include "core/pool/executor.h"
#include "core/queue/queue.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_guard.h"
#include "server/rpc/tail.h"

namespace segrid::rpc {

// All references must outlive the service.
struct AdminEnvironment {
  const config::Config& config;
  base::Clock& clock;
  queue::Queue& queue;
  deliver::Deliverer& deliverer;
  pool::Executor& executor;
  Admission& admission;
  CallGuard& guard;
  Tails& tails;
  // Begins what SIGTERM begins. Any thread, any number of times; never blocks.
  std::function<void()> request_drain;
};

}  // namespace segrid::rpc

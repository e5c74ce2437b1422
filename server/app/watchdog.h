// Ends what does not end by itself.

#pragma once

#include <functional>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace segrid::app {

// Calls a function unless it is destroyed in time. gRPC's Shutdown never
// returns when one call never ends, so the last word cannot be gRPC's.
//
// Ownership:     owns its thread.
// Thread safety: one owner; the function runs in the watchdog's thread.
// Blocking:      the destructor waits for the function if it runs.
class Watchdog {
 public:
  Watchdog(absl::Duration time_out, std::function<void()> on_expired);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  absl::Notification ended_;
  std::thread thread_;
};

}  // namespace segrid::app

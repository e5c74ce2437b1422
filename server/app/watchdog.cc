#include "server/app/watchdog.h"

#include <utility>

#include "core/base/thread_name.h"

namespace segrid::app {

Watchdog::Watchdog(absl::Duration time_out, std::function<void()> on_expired)
    : thread_([this, time_out, run = std::move(on_expired)] {
        base::NameThread("drain watchdog");
        if (!ended_.WaitForNotificationWithTimeout(time_out)) run();
      }) {}

Watchdog::~Watchdog() {
  ended_.Notify();
  thread_.join();
}

}  // namespace segrid::app

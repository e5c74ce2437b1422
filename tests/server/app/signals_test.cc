#include "server/app/signals.h"

#include <unistd.h>

#include <csignal>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace segrid::app {
namespace {

TEST(SignalThread, TellsTheFirstSignalFromASecondInterrupt) {
  BlockSignals();
  absl::BlockingCounter stops(3);
  absl::Notification again;
  const SignalThread signals(
      {[&] { stops.DecrementCount(); }, [&] { again.Notify(); }});
  ::kill(::getpid(), SIGTERM);
  // Standard signals merge while they are pending, so one after the other.
  while (!again.HasBeenNotified()) ::kill(::getpid(), SIGINT);
  ::kill(::getpid(), SIGTERM);
  again.WaitForNotification();
}

TEST(SignalThread, EndsWithoutASignal) {
  BlockSignals();
  const SignalThread signals({[] {}, [] {}});
}

}  // namespace
}  // namespace segrid::app

#include "server/app/watchdog.h"

#include <atomic>

#include "gtest/gtest.h"

namespace segrid::app {
namespace {

TEST(Watchdog, RunsWhenItsTimeIsOver) {
  absl::Notification expired;
  const Watchdog watchdog(absl::Milliseconds(1), [&] { expired.Notify(); });
  EXPECT_TRUE(expired.WaitForNotificationWithTimeout(absl::Seconds(30)));
}

TEST(Watchdog, IsSilentWhenItGoesInTime) {
  std::atomic<bool> ran = false;
  {
    const Watchdog watchdog(absl::Hours(1), [&] { ran = true; });
  }
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace segrid::app

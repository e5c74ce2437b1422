#include "core/base/clock.h"

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace segrid::base {
namespace {

TEST(SystemClock, TellsTheTime) {
  SystemClock clock;
  const absl::Time before = absl::Now();
  const absl::Time now = clock.Now();
  EXPECT_GE(now, before);
  EXPECT_LE(now, absl::Now());
}

TEST(SystemClock, UptimeNeverGoesBack) {
  SystemClock clock;
  absl::Duration last = clock.Uptime();
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration now = clock.Uptime();
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace segrid::base

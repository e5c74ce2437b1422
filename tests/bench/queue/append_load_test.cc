#include "bench/queue/append_load.h"

#include <atomic>

#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

TEST(RunAppends, CountsEveryCallOfEveryCaller) {
  std::atomic<std::int64_t> calls = 0;
  const AppendRate rate =
      RunAppends({.callers = 4, .duration = absl::Milliseconds(5)},
                 [&](int, std::int64_t) {
                   ++calls;
                   return true;
                 });
  EXPECT_EQ(rate.calls, calls.load());
  EXPECT_EQ(rate.latency.count(), rate.calls);
  EXPECT_GE(rate.seconds, 0.005);
  EXPECT_FALSE(rate.failed);
}

TEST(RunAppends, TellsThatACallFailed) {
  const AppendRate rate =
      RunAppends({.callers = 2, .duration = absl::Seconds(60)},
                 [](int, std::int64_t call) { return call < 3; });
  EXPECT_TRUE(rate.failed);
  EXPECT_EQ(rate.calls, 8);
}

}  // namespace
}  // namespace segrid::bench

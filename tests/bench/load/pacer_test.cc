#include "bench/load/pacer.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "bench/stats/histogram.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSecond = 1000 * kMs;

class FakePaceClock final : public PaceClock {
 public:
  std::int64_t NowNanos() override { return now_; }
  void SleepUntil(std::int64_t nanos) override {
    now_ = std::max(now_, nanos);
    ++sleeps_;
  }
  void Advance(std::int64_t nanos) { now_ += nanos; }
  int sleeps() const { return sleeps_; }

 private:
  std::int64_t now_ = 0;
  int sleeps_ = 0;
};

TEST(Pacer, StartsEachCallAtItsTime) {
  FakePaceClock clock;
  std::vector<std::int64_t> starts;
  const auto not_sent = Pace(Schedule({10}, kSecond / 2, 0),
                             {.begin_ns = 7 * kMs, .give_up_ns = kSecond},
                             clock, [&](std::int64_t intended) {
                               EXPECT_EQ(clock.NowNanos(), intended);
                               starts.push_back(intended);
                               return true;
                             });
  EXPECT_EQ(not_sent, 0);
  EXPECT_THAT(starts, ::testing::ElementsAre(7 * kMs, 107 * kMs, 207 * kMs,
                                             307 * kMs, 407 * kMs));
}

// A server that answers in 1 ms and, once, stalls for half a second. A closed
// loop would see one slow call of a thousand: its p99 would be 1 ms.
TEST(Pacer, DoesNotHideAStalledServer) {
  FakePaceClock clock;
  Histogram latency;
  int calls = 0;
  Pace(Schedule({1000}, kSecond, 0), {.begin_ns = 0, .give_up_ns = kSecond * 9},
       clock, [&](std::int64_t intended) {
         // One call at a time: `start` blocks while it is in flight.
         clock.Advance(++calls == 200 ? 500 * kMs : kMs / 10);
         latency.Add(clock.NowNanos() - intended);
         return true;
       });
  EXPECT_EQ(latency.count(), 1000);
  EXPECT_NEAR(static_cast<double>(latency.max()), 500.0 * kMs, kMs);
  EXPECT_GT(latency.Percentile(90), 300 * kMs);
  EXPECT_LT(latency.Percentile(20), kMs);
}

TEST(Pacer, CatchesUpWithoutSleeping) {
  FakePaceClock clock;
  clock.Advance(kSecond);  // Everything is late.
  int started = 0;
  Pace(Schedule({100}, kSecond / 2, 0),
       {.begin_ns = 0, .give_up_ns = kSecond * 2}, clock,
       [&](std::int64_t) { return ++started > 0; });
  EXPECT_EQ(started, 50);
  EXPECT_EQ(clock.sleeps(), 0);
}

TEST(Pacer, CountsWhatCouldNeverBeSent) {
  FakePaceClock clock;
  int started = 0;
  const auto not_sent =
      Pace(Schedule({10}, kSecond, 0), {.begin_ns = 0, .give_up_ns = kSecond},
           clock, [&](std::int64_t) {
             if (++started == 4) clock.Advance(kSecond);  // Blocked too long.
             return started != 4;
           });
  EXPECT_EQ(started, 4);
  EXPECT_EQ(not_sent, 7);
}

}  // namespace
}  // namespace segrid::bench

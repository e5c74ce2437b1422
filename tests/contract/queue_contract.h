// What every store must do. A store's test names a fixture type:
//
//   struct MemoryStore {
//     testing::FakeClock clock;
//     queue::Queue& queue();                  // A fresh, empty store with …
//     static constexpr std::int64_t kMaxBytes = …;      // … this total limit,
//     static constexpr std::int64_t kMaxLaneBytes = …;  // this one per lane,
//   };                                        // and a dedup window of 24 h.
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, QueueContract, MemoryStore);

#pragma once

#include "gtest/gtest.h"
#include "tests/testing/queue_calls.h"

namespace segrid::queue {

template <typename Store>
class QueueContract : public ::testing::Test {
 public:
  static constexpr const char* kLane = "prod";

  base::Clock& clock() { return store_.clock; }
  void Advance(absl::Duration by) { store_.clock.Advance(by); }
  Queue& queue() { return store_.queue(); }
  testing::QueueCalls& calls() { return calls_; }

  // Takes all that is due and gives it up.
  void KillAll(const std::string& reason) {
    const Lease lease = calls_.Take(kLane);
    ASSERT_TRUE(calls_
                    .DeadLetter(testing::AllOf(kLane, lease),
                                {.reason = reason, .answer = "HTTP 400 why"})
                    .ok());
  }

  void ExpectLedger() {
    const LaneStats s = calls_.Stats(kLane);
    EXPECT_EQ(s.accepted,
              s.delivered + s.pending + s.dead + s.expired + s.purged);
    std::int64_t by_reason = 0;
    for (const ReasonCount& each : s.dead_letters_by_reason) {
      EXPECT_GT(each.count, 0) << each.reason;
      by_reason += each.count;
    }
    EXPECT_EQ(s.dead_letters, by_reason);
  }

 private:
  Store store_;
  testing::QueueCalls calls_{store_.queue()};
};

TYPED_TEST_SUITE_P(QueueContract);

}  // namespace segrid::queue

// A queue that fails under the deliverer: nothing stands still, and nothing is
// lost.

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/deliver/delivery_bench.h"

namespace segrid::deliver {
namespace {

using receivers::Verdict;
using ::testing::SizeIs;
using Arrival = testing::FakeReceiverScript::Arrival;
using How = testing::FailingQueue::How;
using Method = testing::FailingQueue::Method;

constexpr absl::Duration kLease = absl::Minutes(5);

std::vector<How> AnsweredWays() {
  return {How::kUnavailable, How::kDataLoss, How::kLate};
}

TEST(FailingQueue, ATakeThatFailsIsMadeAgainByItself) {
  for (const How how : AnsweredWays()) {
    DeliveryBench bench(Fast());
    // More than may be in flight.
    bench.failing_queue.Fail(Method::kTake, how, 9);
    bench.Append(10);
    bench.Start();
    EXPECT_EQ(bench.stats().delivered, 0);
    bench.executor.Advance(absl::Minutes(10));
    EXPECT_EQ(bench.stats().delivered, 10) << static_cast<int>(how);
  }
}

TEST(FailingQueue, ATakeThatFailsIsShown) {
  DeliveryBench bench(Fast());
  bench.failing_queue.Fail(Method::kTake, How::kUnavailable, 1);
  bench.Append(10);
  bench.Start();
  EXPECT_EQ(bench.status().state, SourceState::kBackingOff);
  EXPECT_EQ(bench.status().detail, "failed");
  bench.executor.Advance(absl::Seconds(2));
  EXPECT_EQ(bench.status().state, SourceState::kRunning);
}

TEST(FailingQueue, ASettlementThatFailsIsMadeUpForWhenTheLoanHasRunOut) {
  struct Case {
    Method method;
    Verdict first;      // Of the first post, then all is taken.
    std::size_t posts;  // At most.
  };
  for (const Case& c : {Case{Method::kAck, Verdict::kDelivered, 2},
                        Case{Method::kDefer, Verdict::kRetry, 2},
                        Case{Method::kDefer, Verdict::kWait, 2},
                        Case{Method::kDefer, Verdict::kMisconfigured, 3}}) {
    for (const How how : AnsweredWays()) {
      DeliveryBench bench(Fast());
      int posts = 0;
      bench.script().answer = [&posts, &c](const Arrival&) {
        return Answer(++posts == 1 ? c.first : Verdict::kDelivered);
      };
      bench.failing_queue.Fail(c.method, how, 1);
      bench.Append(1);
      bench.Start();
      bench.executor.Advance(kLease + absl::Minutes(2));
      EXPECT_EQ(bench.stats().delivered, 1)
          << static_cast<int>(c.method) << static_cast<int>(how);
      EXPECT_LE(bench.script().arrivals.size(), c.posts);
    }
  }
}

TEST(FailingQueue, ADeadLetterThatFailsIsMadeAgain) {
  for (const How how : AnsweredWays()) {
    DeliveryBench bench(Fast());
    bench.script().answer = [](const Arrival& arrival) {
      const bool bad = arrival.tracks.front() == testing::TrackJson("m0");
      return Answer(bad ? Verdict::kSplit : Verdict::kDelivered);
    };
    bench.failing_queue.Fail(Method::kDeadLetter, how, 1);
    bench.Append(2);
    bench.Start();
    bench.executor.Advance(absl::Minutes(1));
    bench.Append(1, 2);
    bench.executor.Advance(2 * kLease);
    bench.Append(1, 3);
    bench.executor.Advance(kLease);
    EXPECT_EQ(bench.stats().delivered, 3) << static_cast<int>(how);
    EXPECT_THAT(bench.DeadLetters(), SizeIs(1));
  }
}

// The message would wait until it is too old.
TEST(FailingQueue, ACheckOfASuspectThatFailsIsMadeAgain) {
  for (const How how : AnsweredWays()) {
    DeliveryBench bench(Fast());
    bench.script().answer = [&bench, how](const Arrival& arrival) {
      const bool bad = arrival.tracks.front() == testing::TrackJson("m0");
      // The next Take is that of the check.
      if (!bad) bench.failing_queue.Fail(Method::kTake, how, 1);
      return Answer(bad ? Verdict::kSplit : Verdict::kDelivered);
    };
    bench.Append(1);
    bench.Start();
    bench.executor.Advance(absl::Seconds(1));
    bench.Append(1, 1);
    bench.executor.Advance(absl::Minutes(3));
    EXPECT_THAT(bench.DeadLetters(), SizeIs(1)) << static_cast<int>(how);
    EXPECT_EQ(bench.stats().delivered, 1);
  }
}

// It waits for a success that proves something, and not for its loan.
TEST(FailingQueue, ASuspectWhoseDeferralFailsIsNotSentAgain) {
  DeliveryBench bench(Fast());
  bench.script().answer = [](const Arrival&) {
    return Answer(Verdict::kSplit);
  };
  bench.failing_queue.Fail(Method::kDefer, How::kUnavailable, 1);
  bench.Append(1);
  bench.Start();
  bench.executor.Advance(kLease + absl::Minutes(1));
  EXPECT_THAT(bench.script().arrivals, SizeIs(1));
}

TEST(FailingQueue, AProgressThatFailsIsTheAnswerOfTheWait) {
  for (const How how : AnsweredWays()) {
    DeliveryBench bench(Fast());
    bench.script().hang = true;
    bench.Start();
    bench.failing_queue.Fail(Method::kGetProgress, how, 1);
    int answers = 0;
    absl::Status status;
    bench.deliverer().NotifySettled(
        "prod", bench.Append(1), bench.clock.Now() + absl::Minutes(3),
        [&](const absl::StatusOr<SettledCounts>& counts) {
          ++answers;
          status = counts.status();
        });
    bench.executor.Advance(absl::Seconds(1));
    if (how != How::kLate) {
      EXPECT_EQ(answers, 1) << "at once, because nobody knows the number";
      EXPECT_FALSE(status.ok());
    }
    bench.executor.Advance(absl::Minutes(4));
    EXPECT_EQ(answers, 1) << static_cast<int>(how);
    EXPECT_EQ(status.ok(), how == How::kLate) << status;
  }
}

TEST(FailingQueue, ARecoveryIsToldAlsoWhenItsNumberIsNot) {
  DeliveryBench bench(Fast());
  bench.failing_queue.Fail(Method::kTake, How::kUnavailable, 1);
  bench.failing_queue.Fail(Method::kGetProgress, How::kUnavailable, 1);
  bench.Append(1);
  bench.Start();
  bench.executor.Advance(absl::Seconds(2));
  EXPECT_THAT(bench.observer.changes, SizeIs(2));
}

// One source whose queue never answers holds up neither the others nor the end.
TEST(FailingQueue, ACallThatIsNeverAnsweredHoldsUpNobodyElse) {
  for (const Method method :
       {Method::kTake, Method::kAck, Method::kDefer, Method::kDeadLetter}) {
    DeliveryBench bench(Fast());
    Source other = Fast();
    other.name = "other";
    bench.AddSource(std::move(other));
    bench.script().answer = [method](const Arrival&) {
      return Answer(method == Method::kAck ? Verdict::kDelivered
                                           : Verdict::kRetry);
    };
    bench.failing_queue.Fail(method, How::kNever, 1);
    bench.Append(1);
    bench.Start();
    bench.executor.Advance(absl::Seconds(1));
    bench.calls.Append("other", {"o1", "o2"});
    bench.executor.Advance(absl::Seconds(1));
    EXPECT_EQ(bench.calls.Stats("other").delivered, 2);
    bool ended = false;
    bench.deliverer().Drain(bench.clock.Now() + absl::Seconds(20),
                            [&ended](const absl::Status&) { ended = true; });
    bench.executor.Advance(absl::Seconds(21));
    EXPECT_TRUE(ended);
  }
}

TEST(FailingQueue, WakesForDeferralsThatComeDue) {
  DeliveryBench bench(Fast());
  bench.script().answer = [first = true](const Arrival&) mutable {
    auto answer = Answer(Verdict::kDelivered);
    if (std::exchange(first, false)) {
      answer.refusals = {{.index = 1, .verdict = Verdict::kRetry}};
    }
    return answer;
  };
  bench.Append(3);
  bench.Start();
  bench.executor.Advance(absl::Seconds(2));
  EXPECT_EQ(bench.stats().delivered, 3) << "nothing else woke it";
}

TEST(FailingQueue, WakesForLoansOfAnotherThatRunOut) {
  DeliveryBench bench(Fast());
  bench.Append(3);
  const queue::Lease lease = bench.calls.Take("prod");
  ASSERT_THAT(lease.messages, SizeIs(3));
  bench.Start();
  EXPECT_THAT(bench.script().arrivals, SizeIs(0));
  bench.executor.Advance(kLease + absl::Seconds(1));
  EXPECT_EQ(bench.stats().delivered, 3);
}

TEST(FailingQueue, ALeaseIsRenewedWhileAReceiverHangs) {
  DeliveryBench bench(Fast());
  bench.script().latency = absl::Minutes(6);
  bench.Append(3);
  bench.Start();
  bench.executor.Advance(absl::Minutes(30));
  EXPECT_THAT(bench.script().arrivals, SizeIs(1)) << "each message once";
  EXPECT_EQ(bench.stats().delivered, 3);
  EXPECT_GT(bench.failing_queue.calls(Method::kRenew), 2);
}

TEST(FailingQueue, ARenewalThatFailsIsMadeAgain) {
  for (const How how :
       {How::kUnavailable, How::kDataLoss, How::kLate, How::kNever}) {
    DeliveryBench bench(Fast());
    bench.failing_queue.Fail(Method::kRenew, how, 1);
    bench.script().latency = absl::Minutes(6);
    bench.Append(3);
    bench.Start();
    bench.executor.Advance(absl::Minutes(30));
    EXPECT_THAT(bench.script().arrivals, SizeIs(1)) << static_cast<int>(how);
    EXPECT_EQ(bench.stats().delivered, 3);
  }
}

}  // namespace
}  // namespace segrid::deliver

#include <optional>
#include <stop_token>

#include "gtest/gtest.h"
#include "tests/core/deliver/delivery_bench.h"

namespace segrid::deliver {
namespace {

using receivers::Verdict;

struct Wait {
  std::optional<absl::StatusOr<SettledCounts>> counts;
  int calls = 0;

  Deliverer::SettledDone done() {
    return [this](absl::StatusOr<SettledCounts> got) {
      counts = std::move(got);
      ++calls;
    };
  }
};

TEST(NotifySettled, TellsWhenAllIsDelivered) {
  DeliveryBench bench;
  bench.Start();
  const queue::Ticket ticket = bench.Append(3);
  Wait wait;
  bench.deliverer().NotifySettled("prod", ticket, absl::InfiniteFuture(),
                                  wait.done());
  bench.executor.Advance(absl::Milliseconds(59));
  EXPECT_EQ(wait.calls, 0);
  bench.executor.Advance(absl::Milliseconds(1));
  ASSERT_EQ(wait.calls, 1);
  EXPECT_EQ(wait.counts->value().delivered, 3);
  EXPECT_EQ(wait.counts->value().pending, 0);
}

TEST(NotifySettled, SeesWhatWasSettledBefore) {
  DeliveryBench bench;
  bench.Start();
  const queue::Ticket ticket = bench.Append(3);
  bench.executor.Advance(absl::Seconds(1));
  Wait wait;
  bench.deliverer().NotifySettled("prod", ticket, absl::InfiniteFuture(),
                                  wait.done());
  EXPECT_EQ(wait.calls, 1);
}

TEST(NotifySettled, AnEmptyTicketIsSettled) {
  DeliveryBench bench;
  bench.Start();
  Wait wait;
  bench.deliverer().NotifySettled("prod", {}, absl::InfiniteFuture(),
                                  wait.done());
  EXPECT_EQ(wait.calls, 1);
}

TEST(NotifySettled, CountsDeadLetters) {
  DeliveryBench bench;
  bench.script().answer = [](const auto& arrival) {
    const bool bad = arrival.tracks.front() == testing::TrackJson("m0");
    return Answer(bad ? Verdict::kSplit : Verdict::kDelivered);
  };
  bench.Start();
  const queue::Ticket ticket = bench.Append(3);
  Wait wait;
  bench.deliverer().NotifySettled("prod", ticket, absl::InfiniteFuture(),
                                  wait.done());
  bench.executor.Advance(absl::Seconds(1));
  ASSERT_EQ(wait.calls, 1);
  EXPECT_EQ(wait.counts->value().delivered, 2);
  EXPECT_EQ(wait.counts->value().dead, 1);
}

TEST(NotifySettled, TellsWhatIsPendingAtTheDeadline) {
  DeliveryBench bench;
  bench.script().hang = true;
  bench.Start();
  const queue::Ticket ticket = bench.Append(3);
  Wait wait;
  bench.deliverer().NotifySettled(
      "prod", ticket, bench.clock.Now() + absl::Seconds(5), wait.done());
  bench.executor.Advance(absl::Milliseconds(4999));
  EXPECT_EQ(wait.calls, 0);
  bench.executor.Advance(absl::Milliseconds(1));
  ASSERT_EQ(wait.calls, 1);
  EXPECT_EQ(wait.counts->value().pending, 3);
  bench.executor.Advance(absl::Hours(1));
  EXPECT_EQ(wait.calls, 1);
}

TEST(NotifySettled, AnswersAtOnceForASourceThatIsHeldOrPaused) {
  for (const bool held : {false, true}) {
    DeliveryBench bench;
    bench.script().answer = [](const auto&) {
      return Answer(Verdict::kMisconfigured);
    };
    bench.Append(1);
    bench.Start();
    bench.executor.Advance(absl::Seconds(1));
    if (!held) {
      ASSERT_TRUE(bench.deliverer().Resume("prod").ok());
      ASSERT_TRUE(bench.deliverer().Pause("prod").ok());
    }
    Wait wait;
    bench.deliverer().NotifySettled("prod", bench.Append(3, 1),
                                    absl::InfiniteFuture(), wait.done());
    ASSERT_EQ(wait.calls, 1);
    EXPECT_EQ(wait.counts->value().pending, 3);
    EXPECT_EQ(wait.counts->value().state,
              held ? SourceState::kMisconfigured : SourceState::kPaused);
  }
}

TEST(NotifySettled, AnswersWhenTheSourceIsHeldOrPausedMeanwhile) {
  for (const bool held : {false, true}) {
    DeliveryBench bench;
    bench.script().hang = !held;
    bench.script().answer = [](const auto&) {
      return Answer(Verdict::kMisconfigured);
    };
    bench.Start();
    Wait wait;
    bench.deliverer().NotifySettled("prod", bench.Append(3),
                                    absl::InfiniteFuture(), wait.done());
    EXPECT_EQ(wait.calls, 0);
    bench.executor.Advance(absl::Seconds(1));
    if (!held) {
      EXPECT_EQ(wait.calls, 0);
      ASSERT_TRUE(bench.deliverer().Pause("prod").ok());
      bench.executor.Run();
    }
    ASSERT_EQ(wait.calls, 1);
    EXPECT_EQ(wait.counts->value().pending, 3);
    EXPECT_EQ(wait.counts->value().state,
              held ? SourceState::kMisconfigured : SourceState::kPaused);
  }
}

TEST(NotifySettled, ADeadlineThatHasPassedAnswersAtOnce) {
  DeliveryBench bench;
  bench.script().hang = true;
  bench.Start();
  const queue::Ticket ticket = bench.Append(1);
  Wait wait;
  bench.deliverer().NotifySettled(
      "prod", ticket, bench.clock.Now() - absl::Seconds(5), wait.done());
  bench.executor.Run();
  ASSERT_EQ(wait.calls, 1);
  EXPECT_EQ(wait.counts->value().pending, 1);
}

TEST(NotifySettled, EndsAtOnceWhenItIsStopped) {
  DeliveryBench bench;
  bench.Start();
  const queue::Ticket ticket = bench.Append(3);
  std::stop_source stop;
  Wait wait;
  bench.deliverer().NotifySettled(
      "prod", ticket, {absl::InfiniteFuture(), stop.get_token()}, wait.done());
  EXPECT_EQ(wait.calls, 0);
  stop.request_stop();
  ASSERT_EQ(wait.calls, 1);
  EXPECT_TRUE(absl::IsCancelled(wait.counts->status()));
  bench.executor.Advance(absl::Seconds(1));  // Delivered; nobody is told.
  EXPECT_EQ(wait.calls, 1);
}

TEST(NotifySettled, DoesNotBeginWhenItWasStoppedBefore) {
  DeliveryBench bench;
  bench.Start();
  const queue::Ticket ticket = bench.Append(3);
  std::stop_source stop;
  stop.request_stop();
  Wait wait;
  bench.deliverer().NotifySettled(
      "prod", ticket, {bench.clock.Now() + absl::Seconds(1), stop.get_token()},
      wait.done());
  ASSERT_EQ(wait.calls, 1);
  EXPECT_TRUE(absl::IsCancelled(wait.counts->status()));
}

TEST(NotifySettled, OutlivesAStopThatComesAfterTheEnd) {
  DeliveryBench bench;
  bench.Start();
  std::stop_source stop;
  Wait wait;
  bench.deliverer().NotifySettled("prod", bench.Append(3),
                                  {absl::InfiniteFuture(), stop.get_token()},
                                  wait.done());
  bench.executor.Advance(absl::Seconds(1));
  ASSERT_EQ(wait.calls, 1);
  EXPECT_TRUE(wait.counts->ok());
  stop.request_stop();
  EXPECT_EQ(wait.calls, 1);
}

}  // namespace
}  // namespace segrid::deliver

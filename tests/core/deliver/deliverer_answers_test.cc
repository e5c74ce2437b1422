// What the deliverer does with each kind of answer.

#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/deliver/delivery_bench.h"

namespace segrid::deliver {
namespace {

using receivers::Verdict;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TrackJson;

// Gives `answers` in turn, then takes everything.
void Script(DeliveryBench& bench, std::vector<receivers::SendResult> answers) {
  bench.script().latency = absl::ZeroDuration();
  bench.script().answer = [answers, n = std::size_t{0}](const auto&) mutable {
    return n < answers.size() ? answers[n++] : Answer(Verdict::kDelivered);
  };
}

std::vector<double> SecondsOfArrivals(DeliveryBench& bench) {
  std::vector<double> seconds;
  for (const auto& arrival : bench.script().arrivals) {
    seconds.push_back(absl::ToDoubleSeconds(arrival.at));
  }
  return seconds;
}

TEST(DelivererAnswers, RetriesBackOffAndCount) {
  DeliveryBench bench;
  bench.Append(2);
  Script(bench, {3, Answer(Verdict::kRetry)});
  bench.Start();
  EXPECT_EQ(bench.status().state, SourceState::kBackingOff);
  EXPECT_EQ(bench.status().detail, "HTTP test");
  EXPECT_EQ(bench.status().next_attempt,
            bench.clock.Now() + absl::Milliseconds(250));
  bench.executor.Advance(absl::Seconds(10));
  EXPECT_THAT(SecondsOfArrivals(bench), ElementsAre(0, 0.25, 0.75, 1.75));
  std::vector<int> counts;
  for (const auto& arrival : bench.script().arrivals) {
    counts.push_back(arrival.retry_count);
    EXPECT_THAT(arrival.tracks, SizeIs(2));
  }
  EXPECT_THAT(counts, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(bench.stats().delivered, 2);
  EXPECT_EQ(bench.status().state, SourceState::kRunning);
  EXPECT_EQ(bench.status().failed_attempts, 3);
  EXPECT_EQ(bench.status().attempts, 4);
}

TEST(DelivererAnswers, TellTheObserverWhichValuesWereChanged) {
  DeliveryBench bench;
  bench.Append(2);
  receivers::SendResult taken = Answer(Verdict::kDelivered);
  taken.changed_values = {{.reason = "name_taken", .count = 3},
                          {.reason = "nul_replaced", .count = 1}};
  Script(bench, {taken});
  bench.Start();
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_THAT(bench.observer.changed,
              ElementsAre("prod name_taken 3", "prod nul_replaced 1"));
  EXPECT_EQ(bench.stats().delivered, 2);
}

TEST(DelivererAnswers, AServersWaitIsAFloorOfTheBackOff) {
  DeliveryBench bench;
  bench.Append(1);
  Script(bench, {Answer(Verdict::kRetry, absl::Seconds(7))});
  bench.Start();
  bench.executor.Advance(absl::Seconds(10));
  EXPECT_THAT(SecondsOfArrivals(bench), ElementsAre(0, 7));
}

TEST(DelivererAnswers, AWaitHoldsTheWholeSourceAndIsNoAttempt) {
  DeliveryBench bench;
  bench.Append(1);
  Script(bench, {Answer(Verdict::kWait, absl::Seconds(30))});
  bench.Start();
  bench.Append(1, 1);
  bench.executor.Advance(absl::Seconds(29));
  EXPECT_EQ(bench.status().state, SourceState::kRateLimited);
  EXPECT_THAT(bench.script().arrivals, SizeIs(1));
  bench.executor.Advance(absl::Seconds(2));
  EXPECT_THAT(SecondsOfArrivals(bench), ElementsAre(0, 30));
  EXPECT_EQ(bench.script().arrivals.at(1).retry_count, 0);
  EXPECT_THAT(bench.script().arrivals.at(1).tracks,
              ElementsAre(TrackJson("m0"), TrackJson("m1")));
}

TEST(DelivererAnswers, AMisconfiguredSourceKeepsItsMessages) {
  DeliveryBench bench;
  bench.Append(1);
  Script(bench, {3, Answer(Verdict::kMisconfigured)});
  bench.Start();
  EXPECT_EQ(bench.status().state, SourceState::kMisconfigured);
  bench.executor.Advance(absl::Minutes(10));
  EXPECT_THAT(SecondsOfArrivals(bench), ElementsAre(0, 60, 180, 420));
  EXPECT_EQ(bench.stats().delivered, 1);
}

TEST(DelivererAnswers, ResumeTriesAMisconfiguredSourceAtOnce) {
  DeliveryBench bench;
  bench.Append(1);
  Script(bench, {Answer(Verdict::kMisconfigured)});
  bench.Start();
  bench.executor.Advance(absl::Seconds(5));
  ASSERT_TRUE(bench.deliverer().Resume("prod").ok());
  bench.executor.Run();
  EXPECT_EQ(bench.stats().delivered, 1);
  EXPECT_EQ(bench.status().state, SourceState::kRunning);
}

TEST(DelivererAnswers, APoisonedMessageGoesAloneAndItsNeighboursAreDelivered) {
  DeliveryBench bench;
  bench.Append(2500);
  bench.script().answer = [](const auto& arrival) {
    const bool bad = std::count(arrival.tracks.begin(), arrival.tracks.end(),
                                TrackJson("m1234")) > 0;
    return Answer(bad ? Verdict::kSplit : Verdict::kDelivered);
  };
  bench.Start();
  bench.executor.Advance(absl::Minutes(1));
  EXPECT_EQ(bench.stats().delivered, 2499);
  EXPECT_THAT(bench.DeadLetters(), SizeIs(1));
  EXPECT_LE(bench.script().arrivals.size(), 27u);
  EXPECT_GT(bench.script().arrivals.back().retry_count, 0);
  const auto page = bench.queue.ListDeadLetters({.filter = {.lane = "prod"}});
  EXPECT_EQ(page->dead_letters.at(0).message_id, "m1234");
  EXPECT_EQ(page->dead_letters.at(0).answer, "HTTP test: body");
}

TEST(DelivererAnswers, AFailureWhileSplittingLosesNothing) {
  DeliveryBench bench;
  bench.Append(8);
  int posts = 0;
  bench.script().answer = [&posts](const auto& arrival) {
    if (++posts % 3 == 0) return Answer(Verdict::kRetry);
    const bool bad = std::count(arrival.tracks.begin(), arrival.tracks.end(),
                                TrackJson("m5")) > 0;
    return Answer(bad ? Verdict::kSplit : Verdict::kDelivered);
  };
  bench.Start();
  bench.executor.Advance(absl::Hours(1));
  EXPECT_EQ(bench.stats().delivered, 7);
  EXPECT_EQ(bench.stats().dead, 1);
}

// A receiver that takes one post in a while and answers the others with 429
// must not see the same batch again and again.
TEST(DelivererAnswers, WaitsBetweenRefusalsDoNotUndoTheSplitting) {
  for (const Verdict other : {Verdict::kWait, Verdict::kRetry}) {
    DeliveryBench bench;
    bench.Append(2500);
    int posts = 0;
    bench.script().answer = [&posts, other](const auto& arrival) {
      if (++posts % 2 == 0) return Answer(other, absl::Seconds(1));
      const bool bad = std::count(arrival.tracks.begin(), arrival.tracks.end(),
                                  TrackJson("m1234")) > 0;
      return Answer(bad ? Verdict::kSplit : Verdict::kDelivered);
    };
    bench.Start();
    bench.Append(2500, 2500);
    bench.executor.Advance(absl::Hours(1));
    EXPECT_EQ(bench.stats().delivered, 4999);
    EXPECT_EQ(bench.stats().dead, 1);
    EXPECT_LE(posts, 64);
  }
}

TEST(DelivererAnswers, RefusalsInsideADeliveredBatchWaitForProof) {
  DeliveryBench bench;
  bench.Append(3);
  auto partly = Answer(Verdict::kDelivered);
  partly.refusals = {{.index = 1, .answer = "bad"}, {.index = 99}};
  Script(bench, {partly});
  bench.Start();
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(bench.stats().delivered, 2);
  EXPECT_EQ(bench.stats().pending, 1);
  EXPECT_EQ(bench.status().last_answer, "bad");
  bench.Append(1, 3);
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(bench.stats().delivered, 4);
}

// They alone: the source goes on, unless nothing of the batch passed.
TEST(DelivererAnswers, MessagesThatAReceiverPutsOffAreSentAgainAlone) {
  DeliveryBench bench;
  bench.Append(3);
  auto partly = Answer(Verdict::kDelivered);
  partly.refusals = {
      {.index = 1, .answer = "later", .verdict = Verdict::kRetry}};
  Script(bench, {partly});
  bench.Start();
  EXPECT_EQ(bench.stats().delivered, 2);
  EXPECT_EQ(bench.status().state, SourceState::kRunning);
  bench.executor.Advance(absl::Minutes(1));
  EXPECT_EQ(bench.stats().delivered, 3);
  EXPECT_THAT(SecondsOfArrivals(bench), ElementsAre(0, 0.25));
  EXPECT_THAT(bench.script().arrivals.at(1).tracks,
              ElementsAre(TrackJson("m1")));
  EXPECT_EQ(bench.script().arrivals.at(1).retry_count, 1);

  DeliveryBench none;
  none.Append(1);
  partly.refusals[0].index = 0;
  Script(none, {partly, partly});
  none.Start();
  EXPECT_EQ(none.status().state, SourceState::kBackingOff);
  none.executor.Advance(absl::Minutes(1));
  EXPECT_THAT(SecondsOfArrivals(none), ElementsAre(0, 0.25, 0.75));
  EXPECT_EQ(none.stats().delivered, 1);
}

TEST(DelivererAnswers, AMessageMayHoldItsSource) {
  DeliveryBench bench;
  bench.Append(3);
  auto partly = Answer(Verdict::kDelivered);
  partly.refusals = {
      {.index = 1, .answer = "nowhere", .verdict = Verdict::kMisconfigured}};
  Script(bench, {partly});
  bench.Start();
  EXPECT_EQ(bench.stats().delivered, 2);
  EXPECT_EQ(bench.status().state, SourceState::kMisconfigured);
  EXPECT_EQ(bench.status().last_answer, "nowhere");
  bench.executor.Advance(absl::Minutes(2));
  EXPECT_EQ(bench.stats().delivered, 3);
  EXPECT_THAT(SecondsOfArrivals(bench), ElementsAre(0, 60));
}

TEST(DelivererAnswers, MessagesOverTheirAgeExpire) {
  Source source;
  source.max_age = absl::Hours(20);
  DeliveryBench bench(std::move(source));
  bench.Append(1);
  bench.script().answer = [](const auto&) { return Answer(Verdict::kRetry); };
  bench.Start();
  bench.executor.Advance(absl::Hours(19));
  bench.Append(1, 1);
  EXPECT_EQ(bench.stats().pending, 2);
  bench.executor.Advance(absl::Hours(2));
  EXPECT_EQ(bench.stats().expired, 1);
  EXPECT_EQ(bench.stats().pending, 1);
  const auto page = bench.queue.ListDeadLetters({.filter = {.lane = "prod"}});
  EXPECT_EQ(page->dead_letters.at(0).reason, "EXPIRED");
  EXPECT_EQ(page->dead_letters.at(0).answer, "HTTP test: body");
  EXPECT_GT(page->dead_letters.at(0).attempts, 1000);
}

TEST(DelivererAnswers, ExpiredMessagesKeepTheLastAnswerAlsoWhenItAskedToWait) {
  Source source;
  source.max_age = absl::Minutes(1);
  DeliveryBench bench(std::move(source));
  bench.Append(1);
  bench.script().answer = [](const auto&) {
    return Answer(Verdict::kWait, absl::Seconds(7));
  };
  bench.Start();
  bench.executor.Advance(absl::Minutes(2));
  auto page = bench.queue.ListDeadLetters({.filter = {.lane = "prod"}});
  ASSERT_EQ(page->dead_letters.size(), 1u);
  EXPECT_EQ(page->dead_letters.at(0).answer, "HTTP test: body");
  EXPECT_EQ(page->dead_letters.at(0).attempts, 0);
  // There is nothing left to attempt.
  EXPECT_EQ(bench.status().state, SourceState::kRateLimited);
  EXPECT_EQ(bench.status().next_attempt, absl::InfiniteFuture());

  // That is over with the next success.
  bench.script().answer = [](const auto&) {
    return Answer(Verdict::kDelivered);
  };
  bench.Append(1, 1);
  bench.executor.Advance(absl::Minutes(1));
  ASSERT_TRUE(bench.deliverer().Pause("prod").ok());
  bench.Append(1, 2);
  bench.executor.Advance(absl::Minutes(2));
  ASSERT_TRUE(bench.deliverer().Resume("prod").ok());
  bench.executor.Run();
  page = bench.queue.ListDeadLetters({.filter = {.lane = "prod"}});
  ASSERT_EQ(page->dead_letters.size(), 2u);
  EXPECT_EQ(page->dead_letters.at(0).message_id, "m2");
  EXPECT_EQ(page->dead_letters.at(0).answer, "");
}

TEST(DelivererAnswers, MessagesTooLargeForTheReceiverAreNotSent) {
  DeliveryBench bench;
  bench.script().limits = {.max_message_bytes = 100};
  bench.Append(1, 0, absl::StrCat(",\"p\":\"", std::string(100, 'x'), "\""));
  bench.Append(1, 1);
  bench.Start();
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_THAT(bench.DeadLetters(), ElementsAre("m0:TOO_LARGE:0"));
  ASSERT_THAT(bench.script().arrivals, SizeIs(1));
  EXPECT_THAT(bench.script().arrivals.at(0).tracks,
              ElementsAre(TrackJson("m1")));
}

TEST(DelivererAnswers, AnOutageIsProbedByOneBatchAtATimeAndDrainsInOrder) {
  DeliveryBench bench;
  bench.script().limits = {.max_batch_messages = 10};
  bool down = true;
  bench.script().answer = [&down](const auto&) {
    return Answer(down ? Verdict::kRetry : Verdict::kDelivered);
  };
  bench.Append(100);
  bench.Start();
  bench.executor.Advance(absl::Seconds(2));
  bench.script().max_in_flight = 0;
  for (int minute = 0; minute < 30; ++minute) {
    bench.Append(10, 100 + 10 * minute);
    bench.executor.Advance(absl::Minutes(1));
  }
  EXPECT_EQ(bench.script().max_in_flight, 1);
  EXPECT_EQ(bench.stats().delivered, 0);
  down = false;
  bench.executor.Advance(absl::Minutes(2));
  EXPECT_EQ(bench.stats().delivered, 400);
  EXPECT_EQ(bench.stats().pending, 0);
}

TEST(DelivererAnswers, ALongSplitKeepsItsLoan) {
  Source slow;
  slow.requests_per_second = 0.01;
  DeliveryBench bench(std::move(slow));
  bench.Append(8);
  bench.script().answer = [](const auto& arrival) {
    return Answer(arrival.tracks.size() > 1 ? Verdict::kSplit
                                            : Verdict::kDelivered);
  };
  bench.Start();
  bench.executor.Advance(absl::Hours(2));
  EXPECT_EQ(bench.stats().delivered, 8);
  std::vector<std::string> singles;
  for (const auto& arrival : bench.script().arrivals) {
    if (arrival.tracks.size() == 1) singles.push_back(arrival.tracks[0]);
  }
  EXPECT_THAT(singles, SizeIs(8));
}

}  // namespace
}  // namespace segrid::deliver

// A source whose receiver refuses everything keeps its events, and delivers
// them when the receiver is fixed.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/deliver/delivery_bench.h"

namespace segrid::deliver {
namespace {

using receivers::Verdict;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Arrival = testing::FakeReceiverScript::Arrival;

// Answers everything with `answer` while it is set, else takes it.
struct Receiver {
  explicit Receiver(DeliveryBench& bench) {
    bench.script().latency = absl::ZeroDuration();
    bench.script().answer = [this](const Arrival& arrival) {
      auto result = fixed ? Answer(Verdict::kDelivered) : answer;
      if (arrival.plain && takes_plain) result = Answer(Verdict::kDelivered);
      if (arrival.plain) result.plain_may_pass = false;
      return result;
    };
  }
  receivers::SendResult answer = Answer(Verdict::kSplit);
  bool fixed = false;
  bool takes_plain = false;
};

receivers::SendResult MayBeCompression(Verdict verdict = Verdict::kSplit) {
  auto answer = Answer(verdict);
  answer.plain_may_pass = true;
  return answer;
}

std::vector<double> SecondsOfArrivals(DeliveryBench& bench) {
  std::vector<double> seconds;
  for (const Arrival& arrival : bench.script().arrivals) {
    seconds.push_back(absl::ToDoubleSeconds(arrival.at));
  }
  return seconds;
}

std::vector<std::size_t> SizesOf(DeliveryBench& bench) {
  std::vector<std::size_t> sizes;
  for (const Arrival& arrival : bench.script().arrivals) {
    sizes.push_back(arrival.tracks.size());
  }
  return sizes;
}

// jitsu's answer when it refuses each message by its name.
receivers::SendResult AllByName(std::size_t messages) {
  auto answer = Answer(Verdict::kDelivered);
  for (std::size_t i = 0; i < messages; ++i) {
    answer.refusals.push_back({.index = static_cast<std::int32_t>(i)});
  }
  return answer;
}

TEST(HeldSource, OfEveryKindLosesNothingAndDeliversAllWhenItIsFixed) {
  struct Kind {
    std::string name;
    receivers::SendResult answer;
    std::size_t max_posts;
  };
  const std::vector<Kind> kinds = {
      {"401, 404, 3xx, a web page", Answer(Verdict::kMisconfigured), 4},
      {"400", Answer(Verdict::kSplit), 16},
      {"400 for its compression", MayBeCompression(), 16},
      {"415 for its compression", MayBeCompression(Verdict::kMisconfigured), 5},
      {"by name", AllByName(2'500), 4},
  };
  for (const Kind& kind : kinds) {
    for (const int messages : {2, 3, 7, 8, 9, 100, 2'500, 10'000}) {
      SCOPED_TRACE(absl::StrCat(kind.name, " ", messages));
      DeliveryBench bench(Fast());
      Receiver receiver(bench);
      receiver.answer = kind.answer;
      bench.Append(messages);
      bench.Start();
      EXPECT_LE(bench.script().arrivals.size(), kind.max_posts)
          << ::testing::PrintToString(SizesOf(bench));
      EXPECT_EQ(bench.status().state, SourceState::kMisconfigured);
      EXPECT_EQ(bench.status().last_answer.empty(), kind.name == "by name");
      bench.executor.Advance(absl::Hours(1));
      EXPECT_EQ(bench.stats().pending, messages);
      EXPECT_THAT(bench.DeadLetters(), IsEmpty());
      receiver.fixed = true;
      bench.executor.Advance(absl::Minutes(16));
      EXPECT_EQ(bench.stats().delivered, messages);
      EXPECT_EQ(bench.status().state, SourceState::kRunning);
      EXPECT_EQ(bench.status().detail, "");
      EXPECT_EQ(bench.status().last_answer, "");
    }
  }
}

TEST(HeldSource, ABatchIsRefusedInFifteenPostsAndOneWithoutCompression) {
  DeliveryBench bench(Fast());
  Receiver receiver(bench);
  bench.Append(2'500);
  bench.Start();
  EXPECT_THAT(SizesOf(bench), ElementsAre(2500, 1250, 1250, 625, 625, 625, 625,
                                          1, 1, 1, 1, 1, 1, 1, 1));
  EXPECT_THAT(bench.status().detail, HasSubstr("every message is refused"));

  DeliveryBench packed(Fast());
  Receiver other(packed);
  other.answer = MayBeCompression();
  packed.Append(2'500);
  packed.Start();
  ASSERT_THAT(packed.script().arrivals, SizeIs(16));
  EXPECT_TRUE(packed.script().arrivals.back().plain);
  EXPECT_EQ(packed.observer.compression_off, 0);
}

TEST(HeldSource, AReceiverThatCannotReadCompressionGetsNoneFromThenOn) {
  for (const Verdict verdict : {Verdict::kSplit, Verdict::kMisconfigured}) {
    for (const int messages : {2, 7, 8, 2'500, 10'000}) {
      DeliveryBench bench(Fast());
      Receiver receiver(bench);
      receiver.answer = MayBeCompression(verdict);
      receiver.takes_plain = true;
      bench.Append(messages);
      bench.Start();
      bench.executor.Advance(absl::Minutes(1));
      EXPECT_EQ(bench.stats().delivered, messages);
      EXPECT_THAT(bench.DeadLetters(), IsEmpty());
      EXPECT_EQ(bench.observer.compression_off, 1);
      EXPECT_THAT(bench.observer.changes, IsEmpty());
      bench.Append(1, messages);
      bench.executor.Advance(absl::Minutes(1));
      EXPECT_EQ(bench.stats().delivered, messages + 1);
      EXPECT_TRUE(bench.script().arrivals.back().plain);
    }
  }
}

TEST(HeldSource, OneAfterTheOtherIsHeldAfterEight) {
  DeliveryBench bench(Fast());
  Receiver receiver(bench);
  receiver.fixed = true;
  bench.Start();
  bench.Append(10);
  bench.executor.Advance(absl::Minutes(1));
  receiver.fixed = false;
  int appended = 10;
  for (int i = 0; i < 240; ++i) {  // 20 min.
    bench.Append(1, appended++);
    bench.executor.Advance(absl::Seconds(5));
    EXPECT_EQ(bench.status().state,
              i < 7 ? SourceState::kRunning : SourceState::kMisconfigured)
        << i;
  }
  EXPECT_THAT(bench.DeadLetters(), IsEmpty());
  EXPECT_EQ(bench.stats().delivered, 10);
  receiver.fixed = true;
  bench.executor.Advance(absl::Minutes(2));
  EXPECT_EQ(bench.stats().delivered, appended);
  EXPECT_THAT(bench.DeadLetters(), IsEmpty());
}

TEST(HeldSource, ProbesWithOneMessageEachTimeTheNext) {
  for (const Verdict verdict : {Verdict::kMisconfigured, Verdict::kSplit}) {
    DeliveryBench bench(Fast());
    Receiver receiver(bench);
    receiver.answer = Answer(verdict);
    bench.Append(3);
    bench.Start();
    bench.script().arrivals.clear();
    bench.executor.Advance(absl::Hours(1));
    EXPECT_THAT(SecondsOfArrivals(bench),
                ElementsAre(60, 180, 420, 900, 1800, 2700, 3600));
    std::vector<std::string> probed;
    for (const Arrival& arrival : bench.script().arrivals) {
      ASSERT_THAT(arrival.tracks, SizeIs(1));
      probed.push_back(arrival.tracks[0]);
    }
    std::vector<std::string> expected;
    for (int i = 0; i < 7; ++i) {
      expected.push_back(testing::TrackJson(absl::StrCat("m", i % 3)));
    }
    EXPECT_EQ(probed, expected);
  }
}

TEST(HeldSource, ProbesWhenAMessageComesAtMostOnceAMinute) {
  DeliveryBench bench(Fast());
  Receiver receiver(bench);
  receiver.answer = Answer(Verdict::kMisconfigured);
  bench.Append(1);
  bench.Start();
  bench.executor.Advance(absl::Minutes(14));  // The next probe: at 15 min.
  bench.script().arrivals.clear();
  for (int i = 1; i <= 10; ++i) {
    bench.Append(1, i);
    bench.executor.Advance(absl::Seconds(10));
  }
  ASSERT_THAT(bench.script().arrivals, SizeIs(2));
  EXPECT_EQ(bench.script().arrivals.at(0).tracks[0], testing::TrackJson("m1"))
      << "one that was not probed";
  EXPECT_NEAR(SecondsOfArrivals(bench)[0], 840, 0.1);
  EXPECT_NEAR(SecondsOfArrivals(bench)[1], 900, 0.1);
}

TEST(HeldSource, ProbesAtOnceWhenItIsResumedAndKnowsNothingOfRefusals) {
  DeliveryBench bench(Fast());
  Receiver receiver(bench);
  bench.Append(2'500);
  bench.Start();
  bench.executor.Advance(absl::Minutes(10));
  bench.script().arrivals.clear();
  ASSERT_TRUE(bench.deliverer().Resume("prod").ok());
  bench.executor.Run();
  ASSERT_THAT(bench.script().arrivals, SizeIs(1));
  EXPECT_THAT(bench.script().arrivals.at(0).tracks, SizeIs(1));
  EXPECT_EQ(bench.status().state, SourceState::kMisconfigured);
  receiver.fixed = true;
  ASSERT_TRUE(bench.deliverer().Resume("prod").ok());
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(bench.stats().delivered, 2'500);
  EXPECT_THAT(bench.DeadLetters(), IsEmpty());
}

// Whoever resumes a source has perhaps mended the receiver: what was refused is
// sent again, and counts no more.
TEST(HeldSource, WhatWasRefusedIsSentAgainWhenItIsResumed) {
  DeliveryBench bench(Fast());
  const Receiver receiver(bench);
  bench.Start();
  for (int i = 0; i < 7; ++i) {
    bench.Append(1, i);
    bench.executor.Advance(absl::Seconds(1));
  }
  ASSERT_THAT(bench.script().arrivals, SizeIs(7));
  ASSERT_EQ(bench.status().state, SourceState::kRunning);
  ASSERT_TRUE(bench.deliverer().Resume("prod").ok());
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_THAT(bench.script().arrivals, SizeIs(14));
  EXPECT_EQ(bench.status().state, SourceState::kRunning);
}

TEST(HeldSource, FailuresOfAProbeChangeNeitherStateNorDetail) {
  DeliveryBench bench(Fast());
  Receiver receiver(bench);
  receiver.answer = Answer(Verdict::kMisconfigured);
  receiver.answer.detail = "HTTP 404: check the endpoint";
  bench.Append(5);
  bench.Start();
  receiver.answer = Answer(Verdict::kWait, absl::Seconds(200));
  bench.executor.Advance(absl::Seconds(61));
  EXPECT_EQ(bench.status().state, SourceState::kMisconfigured);
  EXPECT_EQ(bench.status().detail, "HTTP 404: check the endpoint");
  EXPECT_EQ(bench.status().next_attempt,
            bench.clock.Now() + absl::Seconds(199));
  receiver.answer = Answer(Verdict::kRetry);
  bench.executor.Advance(absl::Minutes(10));
  EXPECT_EQ(bench.status().state, SourceState::kMisconfigured);
  EXPECT_THAT(bench.observer.changes, SizeIs(1));
  EXPECT_EQ(bench.stats().pending, 5);
}

TEST(HeldSource, TheEvidenceSurvivesPutBacks) {
  for (const int messages : {4, 7, 9, 2'500}) {
    DeliveryBench bench(Fast());
    bench.script().latency = absl::ZeroDuration();
    int posts = 0;
    bench.script().answer = [&posts](const Arrival&) {
      return ++posts % 2 == 0 ? Answer(Verdict::kWait, absl::Seconds(1))
                              : Answer(Verdict::kSplit);
    };
    bench.Append(messages);
    bench.Start();
    bench.executor.Advance(absl::Minutes(1));
    EXPECT_EQ(bench.status().state, SourceState::kMisconfigured) << messages;
    EXPECT_LE(posts, 33) << messages;
    EXPECT_THAT(bench.DeadLetters(), IsEmpty());
  }
}

TEST(HeldSource, MessagesExpireAlsoWhenTheyAreNotAttempted) {
  Source source = Fast();
  source.max_age = absl::Hours(2);
  DeliveryBench bench(std::move(source));
  Receiver receiver(bench);
  receiver.answer = Answer(Verdict::kMisconfigured);
  bench.Append(3'000);
  bench.Start();
  bench.executor.Advance(absl::Hours(1));
  bench.Append(3'000, 3'000);
  bench.executor.Advance(absl::Hours(1) - absl::Seconds(1));
  EXPECT_EQ(bench.stats().pending, 6'000);
  bench.executor.Advance(absl::Seconds(2));
  EXPECT_EQ(bench.stats().pending, 3'000);
  EXPECT_EQ(bench.stats().expired, 3'000);
  EXPECT_EQ(bench.observer.given_up["prod EXPIRED"], 3'000);
  bench.executor.Advance(absl::Hours(1));
  EXPECT_EQ(bench.stats().expired, 6'000);
  EXPECT_EQ(bench.status().state, SourceState::kMisconfigured);
}

TEST(HeldSource, MessagesExpireWhileAReceiverAsksToWait) {
  Source source = Fast();
  source.max_age = absl::Seconds(3);
  DeliveryBench bench(std::move(source));
  Receiver receiver(bench);
  receiver.answer = Answer(Verdict::kWait, absl::Seconds(300));
  bench.Append(2);
  bench.Start();
  bench.executor.Advance(absl::Seconds(4));
  EXPECT_EQ(bench.stats().expired, 2);
}

TEST(HeldSource, APausedSourcesMessagesExpireOnlyWhereItIsWanted) {
  for (const bool expires : {false, true}) {
    Source source = Fast();
    source.max_age = absl::Hours(2);
    source.expire_while_paused = expires;
    DeliveryBench bench(std::move(source));
    bench.Start();
    ASSERT_TRUE(bench.deliverer().Pause("prod").ok());
    bench.Append(10);
    bench.executor.Advance(absl::Hours(3));
    EXPECT_EQ(bench.stats().expired, expires ? 10 : 0);
    EXPECT_EQ(bench.stats().pending, expires ? 0 : 10);
  }
  // Those that were there before the pause, too.
  Source source = Fast();
  source.max_age = absl::Hours(2);
  source.expire_while_paused = true;
  DeliveryBench bench(std::move(source));
  bench.script().hang = true;
  bench.script().limits = {.max_batch_messages = 1};
  bench.Append(10);
  bench.Start();
  ASSERT_TRUE(bench.deliverer().Pause("prod").ok());
  bench.executor.Advance(absl::Hours(3));
  EXPECT_EQ(bench.stats().expired, 6);
}

// Sizes are a model of the 10 GiB that come in over a weekend: the dead letters
// have room for 1/40 of it, as in the defaults, and the queue for all.
TEST(HeldSource, NothingIsDeletedOverAWeekend) {
  Source source = Fast();
  source.max_age = absl::Hours(20);
  const std::int64_t kBytes = std::ssize(testing::TrackJson("m100000"));
  DeliveryBench bench(std::move(source), {},
                      {.max_bytes = 40'000 * kBytes,
                       .max_lane_bytes = 40'000 * kBytes,
                       .max_dead_letter_bytes = 1'000 * kBytes});
  Receiver receiver(bench);
  receiver.answer = Answer(Verdict::kMisconfigured);
  bench.Start();
  int appended = 0;
  int refused = 0;
  for (int hour = 0; hour < 64; ++hour) {
    std::vector<std::string> ids;
    for (int i = 0; i < 700; ++i) {
      ids.push_back(absl::StrCat("m", 100'000 + appended + i));
    }
    const auto answer = bench.calls.Append({testing::ChunkOf("prod", ids)});
    answer.ok() ? appended += 700 : refused += 700;
    bench.executor.Advance(absl::Hours(1));
    const queue::LaneStats stats = bench.stats();
    ASSERT_EQ(stats.pending + stats.dead_letters, appended) << hour;
  }
  EXPECT_GT(refused, 0) << "the queue's own bound stops acceptance";
  EXPECT_EQ(bench.stats().dead_letters, 1'000);
  EXPECT_TRUE(bench.status().dead_letters_full);
  EXPECT_EQ(bench.status().state, SourceState::kMisconfigured);
  const auto overdue = bench.queue.CountPendingUntil(
      "prod", bench.clock.Now() - absl::Hours(20));
  EXPECT_GT(*overdue, 20'000);

  // The receiver is fixed: the others go on; those that are too old wait for
  // room, which an operator makes.
  receiver.fixed = true;
  bench.executor.Advance(absl::Minutes(20));
  EXPECT_EQ(bench.status().state, SourceState::kRunning);
  EXPECT_GT(bench.stats().delivered, 5'000);
  EXPECT_GT(bench.stats().pending, 20'000);
  EXPECT_THAT(bench.status().detail, HasSubstr("dead letters are full"));
  std::int64_t purged = 0;
  for (int i = 0; i < 60 && bench.stats().pending > 0; ++i) {
    purged += *bench.queue.PurgeDeadLetters({.lane = "prod"});
    bench.executor.Advance(absl::Minutes(6));
  }
  EXPECT_EQ(bench.stats().pending, 0);
  EXPECT_EQ(bench.stats().delivered + purged + bench.stats().dead_letters,
            appended);
  EXPECT_FALSE(bench.status().dead_letters_full);
}

TEST(HeldSource, ABadMessageWithoutRoomIsNotSentAgain) {
  const std::int64_t kBytes = std::ssize(testing::TrackJson("m0"));
  DeliveryBench bench(Fast(), {}, {.max_dead_letter_bytes = kBytes});
  bench.script().latency = absl::ZeroDuration();
  bench.script().answer = [](const Arrival& arrival) {
    for (const std::string& track : arrival.tracks) {
      if (track == testing::TrackJson("m0")) return Answer(Verdict::kSplit);
      if (track == testing::TrackJson("m1")) return Answer(Verdict::kSplit);
    }
    return Answer(Verdict::kDelivered);
  };
  bench.Append(5);
  bench.Start();
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(bench.stats().dead_letters, 1);
  EXPECT_EQ(bench.stats().pending, 1);
  const std::size_t posts = bench.script().arrivals.size();
  bench.executor.Advance(absl::Hours(1));
  EXPECT_EQ(bench.script().arrivals.size(), posts);
  ASSERT_EQ(*bench.queue.PurgeDeadLetters({.lane = "prod"}), 1);
  bench.executor.Advance(absl::Minutes(6));
  EXPECT_EQ(bench.stats().dead_letters, 1);
  EXPECT_EQ(bench.stats().pending, 0);
  EXPECT_EQ(bench.script().arrivals.size(), posts);
}

TEST(HeldSource, EachChangeOfStateIsToldOnceWithItsDetail) {
  DeliveryBench bench(Fast());
  Receiver receiver(bench);
  receiver.answer = Answer(Verdict::kMisconfigured);
  receiver.answer.detail = "HTTP 404: check the endpoint";
  bench.Append(3);
  bench.Start();
  bench.executor.Advance(absl::Minutes(10));
  ASSERT_THAT(bench.observer.changes, SizeIs(1));
  const StateChange held = bench.observer.changes.at(0);
  EXPECT_EQ(held.source, "prod");
  EXPECT_EQ(held.from, SourceState::kRunning);
  EXPECT_EQ(held.to, SourceState::kMisconfigured);
  EXPECT_EQ(held.detail, "HTTP 404: check the endpoint");
  receiver.fixed = true;
  bench.executor.Advance(absl::Minutes(5));
  ASSERT_THAT(bench.observer.changes, SizeIs(2));
  const StateChange recovered = bench.observer.changes.at(1);
  EXPECT_EQ(recovered.to, SourceState::kRunning);
  EXPECT_EQ(recovered.lasted, absl::Minutes(15));
  EXPECT_EQ(recovered.pending, 2) << "all but the probe";
}

}  // namespace
}  // namespace segrid::deliver

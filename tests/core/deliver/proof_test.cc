// A message is given up only on proof: refused, another one taken, refused
// again.

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
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
using Arrival = testing::FakeReceiverScript::Arrival;

std::set<std::string> Tracks(const std::set<int>& numbers) {
  std::set<std::string> tracks;
  for (const int n : numbers) tracks.insert(TrackJson(absl::StrCat("m", n)));
  return tracks;
}

// Refuses posts with one of `bad`.
void Refuse(DeliveryBench& bench, const std::set<int>& bad,
            Verdict verdict = Verdict::kSplit) {
  bench.script().latency = absl::ZeroDuration();
  bench.script().answer = [tracks = Tracks(bad), verdict](const Arrival& a) {
    const bool refused =
        std::any_of(a.tracks.begin(), a.tracks.end(),
                    [&](const auto& t) { return tracks.contains(t); });
    return Answer(refused ? verdict : Verdict::kDelivered);
  };
}

std::vector<std::size_t> SizesOf(DeliveryBench& bench) {
  std::vector<std::size_t> sizes;
  for (const Arrival& arrival : bench.script().arrivals) {
    sizes.push_back(arrival.tracks.size());
  }
  return sizes;
}

// The ids of all dead letters.
std::set<std::string> Dead(DeliveryBench& bench) {
  std::set<std::string> ids;
  for (const std::string& letter : bench.DeadLetters()) {
    ids.insert(letter.substr(0, letter.find(':')));
  }
  return ids;
}

std::set<std::string> Names(const std::set<int>& numbers) {
  std::set<std::string> names;
  for (const int n : numbers) names.insert(absl::StrCat("m", n));
  return names;
}

TEST(Proof, OneBadAmongManyIsOneDeadLetterInFewPosts) {
  const auto bound = [](int n) {
    return static_cast<std::size_t>(2 * std::ceil(std::log2(n)) + 3);
  };
  for (const int n : {2, 3, 7, 8, 9, 100, 2'499}) {
    for (const int bad : {0, 1, n / 3, n / 2, n - 2, n - 1}) {
      DeliveryBench bench(Fast());
      bench.Append(n);
      Refuse(bench, {bad});
      bench.Start();
      EXPECT_LE(bench.script().arrivals.size(), bound(n)) << n << " " << bad;
      EXPECT_EQ(Dead(bench), Names({bad})) << n;
      EXPECT_EQ(bench.stats().delivered, n - 1);
      EXPECT_EQ(bench.status().state, SourceState::kRunning);
      EXPECT_EQ(bench.status().detail, "");
    }
  }
}

TEST(Proof, ALoneBadMessageWaitsForTheNextSuccess) {
  DeliveryBench bench(Fast());
  Refuse(bench, {0});
  bench.Append(1);
  bench.Start();
  EXPECT_THAT(bench.script().arrivals, SizeIs(1));
  EXPECT_EQ(bench.status().state, SourceState::kRunning);
  EXPECT_EQ(bench.status().detail, "1 message refused, waits for proof");
  EXPECT_EQ(bench.status().last_answer, "HTTP test: body");
  bench.executor.Advance(absl::Minutes(10));
  EXPECT_THAT(bench.script().arrivals, SizeIs(1)) << "not sent meanwhile";
  EXPECT_THAT(bench.DeadLetters(), IsEmpty());

  bench.Append(1, 1);
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(bench.stats().delivered, 1) << "a good one is not delayed";
  EXPECT_THAT(bench.DeadLetters(), ElementsAre("m0:BAD_MESSAGE:2"));
  EXPECT_EQ(bench.status().detail, "");
  EXPECT_EQ(bench.observer.given_up["prod BAD_MESSAGE"], 1);
}

TEST(Proof, ASuspectThatPassesLaterIsDelivered) {
  DeliveryBench bench(Fast());
  Refuse(bench, {0});
  bench.Append(1);
  bench.Start();
  Refuse(bench, {});
  bench.Append(1, 1);
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(bench.stats().delivered, 2);
  EXPECT_THAT(SizesOf(bench), ElementsAre(1, 1, 1));
  EXPECT_EQ(bench.script().arrivals.at(2).retry_count, 1);
}

TEST(Proof, ASuspectIsADeadLetterWithItsOwnAnswerAtItsAge) {
  Source source = Fast();
  source.max_age = absl::Hours(2);
  DeliveryBench bench(std::move(source));
  Refuse(bench, {0});
  bench.Append(1);
  bench.Start();
  bench.executor.Advance(absl::Hours(2) - absl::Seconds(1));
  EXPECT_EQ(bench.stats().pending, 1);
  bench.executor.Advance(absl::Seconds(2));
  EXPECT_THAT(bench.DeadLetters(), ElementsAre("m0:EXPIRED:1"));
  const auto page = bench.queue.ListDeadLetters({.filter = {.lane = "prod"}});
  EXPECT_EQ(page->dead_letters.at(0).answer, "HTTP test: body");
  EXPECT_EQ(bench.status().detail, "");
}

TEST(Proof, RandomBadOnesNeverHoldAndExactlyTheyAreDead) {
  std::mt19937 random(7);
  for (const int count : {1, 2, 5, 25, 100, 250}) {
    std::set<int> bad;
    while (static_cast<int>(bad.size()) < count) {
      bad.insert(static_cast<int>(random() % 2'500));
    }
    DeliveryBench bench(Fast());
    Refuse(bench, bad);
    bench.Append(2'500);
    bench.Start();
    bench.executor.Advance(absl::Minutes(1));
    bench.Append(1, 2'500);  // The proof against the last ones.
    bench.executor.Advance(absl::Minutes(5));
    EXPECT_EQ(Dead(bench), Names(bad));
    EXPECT_EQ(bench.stats().delivered, 2'501 - count);
    for (const StateChange& change : bench.observer.changes) {
      EXPECT_NE(change.to, SourceState::kMisconfigured) << count;
    }
  }
}

TEST(Proof, TwoPercentPoisonedForAnHourNeverHolds) {
  std::mt19937 random(11);
  DeliveryBench bench(Fast());
  std::set<int> bad;
  for (int i = 0; i < 72'000; ++i) {
    if (random() % 50 == 0) bad.insert(i);
  }
  Refuse(bench, bad);
  bench.Start();
  for (int minute = 0; minute < 60; ++minute) {
    bench.Append(1'200, 1'200 * minute);
    bench.executor.Advance(absl::Minutes(1));
  }
  bench.Append(1, 72'000);
  bench.executor.Advance(absl::Minutes(1));
  EXPECT_THAT(bench.observer.changes, IsEmpty());
  EXPECT_EQ(bench.stats().delivered, 72'001 - std::ssize(bad));
  EXPECT_EQ(bench.stats().dead, std::ssize(bad));
  EXPECT_EQ(bench.stats().pending, 0);
}

TEST(Proof, SuccessesBeforeARefusalProveNothing) {
  DeliveryBench bench(Fast());
  bench.Append(100);
  Refuse(bench, {});
  bench.Start();
  Refuse(bench, {100, 101, 102});
  for (int i = 100; i < 103; ++i) {
    bench.Append(1, i);
    bench.executor.Advance(absl::Minutes(1));
  }
  EXPECT_THAT(bench.DeadLetters(), IsEmpty());
  EXPECT_EQ(bench.stats().pending, 3);
  EXPECT_EQ(bench.status().detail, "3 messages refused, wait for proof");
}

TEST(Proof, OneBatchAtATimeIsInFlightFromARefusalToTheNextSuccess) {
  DeliveryBench bench(Fast());
  bench.script().limits = {.max_batch_messages = 10};
  bench.Append(400);
  Refuse(bench, {0});
  bench.script().latency = absl::Milliseconds(10);
  bool refuse_all = true;
  bench.script().answer = [&](const Arrival&) {
    return Answer(refuse_all ? Verdict::kSplit : Verdict::kDelivered);
  };
  bench.Start();
  bench.executor.Advance(absl::Milliseconds(10));  // The first four are back.
  bench.script().max_in_flight = bench.script().in_flight;
  bench.executor.Advance(absl::Milliseconds(50));
  EXPECT_LE(bench.script().max_in_flight, 1);
  refuse_all = false;
  bench.executor.Advance(absl::Seconds(5));
  EXPECT_EQ(bench.script().max_in_flight, 4);
  EXPECT_EQ(bench.stats().delivered, 400);
}

TEST(Proof, ABatchThatIsTooLargeIsSplitInDepthAndBoundsTheNextOnes) {
  const std::int64_t kTrackBytes = std::ssize(TrackJson("m1000")) + 1;
  Source source = Fast();
  source.max_in_flight = 1;
  DeliveryBench bench(std::move(source));
  bench.script().latency = absl::ZeroDuration();
  bench.script().limits = {.max_batch_messages = 2'500,
                           .max_batch_bytes = 800 * kTrackBytes};
  bench.script().answer = [](const Arrival& a) {
    return Answer(a.tracks.size() > 250 ? Verdict::kTooLarge
                                        : Verdict::kDelivered);
  };
  bench.Append(1'600, 1'000);
  bench.Start();
  EXPECT_THAT(SizesOf(bench), ElementsAre(800, 400, 200, 200, 400, 200, 200,
                                          200, 200, 200, 200));
  EXPECT_EQ(bench.stats().delivered, 1'600);
  EXPECT_EQ(bench.status().state, SourceState::kRunning);
  bench.executor.Advance(absl::Minutes(6));
  bench.script().arrivals.clear();
  bench.Append(800, 3'000);
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(SizesOf(bench).front(), 400u) << "doubled after five minutes";
  EXPECT_EQ(bench.stats().delivered, 2'400);
}

TEST(Proof, AMessageThatIsTooLargeAloneIsASuspectLikeAny) {
  DeliveryBench bench(Fast());
  Refuse(bench, {5}, Verdict::kTooLarge);
  bench.Append(100);
  bench.Start();
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(bench.stats().delivered, 99);
  EXPECT_THAT(bench.DeadLetters(), SizeIs(1));
  EXPECT_TRUE(absl::StartsWith(bench.DeadLetters()[0], "m5:TOO_LARGE:"));
}

TEST(Proof, ABatchThatIsTooLargeIsNoEvidenceOfRefusingEverything) {
  DeliveryBench bench(Fast());
  bench.Append(2'500);
  bench.script().latency = absl::ZeroDuration();
  bench.script().answer = [](const Arrival& a) {
    return Answer(a.tracks.size() > 1 ? Verdict::kTooLarge
                                      : Verdict::kDelivered);
  };
  bench.Start();
  bench.executor.Advance(absl::Minutes(2));
  EXPECT_EQ(bench.stats().delivered, 2'500);
  EXPECT_THAT(bench.observer.changes, IsEmpty());
}

// Two that are too large together were not refused for what they are.
TEST(Proof, APairThatIsTooLargeProvesNothing) {
  DeliveryBench bench(Fast());
  bench.script().latency = absl::ZeroDuration();
  bench.script().answer = [](const Arrival& a) {
    if (a.tracks.size() > 1) return Answer(Verdict::kTooLarge);
    return Answer(a.tracks.front() == TrackJson("m1") ? Verdict::kSplit
                                                      : Verdict::kDelivered);
  };
  bench.Append(2);
  bench.Start();
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(bench.stats().delivered, 1);
  EXPECT_THAT(bench.DeadLetters(), IsEmpty()) << "refused once";
  bench.Append(1, 2);
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_THAT(Dead(bench), ElementsAre("m1"));
}

// jitsu names the events that it refuses, also several at a time.
TEST(Proof, MessagesRefusedByNameNeedProofToo) {
  DeliveryBench bench(Fast());
  bench.script().latency = absl::ZeroDuration();
  bench.script().answer = [tracks = Tracks({3, 4, 11})](const Arrival& a) {
    auto answer = Answer(Verdict::kDelivered);
    for (std::size_t i = 0; i < a.tracks.size(); ++i) {
      if (!tracks.contains(a.tracks[i])) continue;
      answer.refusals.push_back(
          {.index = static_cast<std::int32_t>(i), .answer = "HTTP 200: no"});
    }
    return answer;
  };
  bench.Append(10);
  bench.Start();
  EXPECT_EQ(bench.stats().delivered, 8);
  EXPECT_THAT(bench.DeadLetters(), IsEmpty()) << "the same post is no proof";
  bench.Append(1, 10);
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(Dead(bench), Names({3, 4}));
  bench.Append(1, 11);
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(Dead(bench), Names({3, 4}));
  bench.Append(1, 12);
  bench.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(Dead(bench), Names({3, 4, 11}));
}

TEST(Proof, EverySuspectIsSentAgainThoughThereAreManyAndGoodOnesGoOnBetween) {
  Source source = Fast();
  source.max_in_flight = 1;
  DeliveryBench bench(std::move(source));
  bench.script().latency = absl::Milliseconds(100);
  bool named = true;
  bench.script().answer = [&named](const Arrival& a) {
    auto answer = Answer(Verdict::kDelivered);
    for (std::size_t i = 1; named && i < a.tracks.size(); ++i) {
      answer.refusals.push_back({.index = static_cast<std::int32_t>(i)});
    }
    return answer;
  };
  bench.Append(8);
  bench.Start();
  bench.executor.Advance(absl::Milliseconds(200));
  EXPECT_EQ(bench.stats().pending, 7);
  named = false;
  bench.Append(1, 100);
  bench.executor.Advance(absl::Milliseconds(300));
  bench.Append(1, 101);
  bench.executor.Advance(absl::Milliseconds(350));
  EXPECT_EQ(bench.stats().pending, 3) << "it was not the last";
  EXPECT_THAT(
      bench.script().arrivals.at(bench.script().arrivals.size() - 3).tracks,
      ElementsAre(TrackJson("m101")));
  bench.executor.Advance(absl::Seconds(2));
  EXPECT_EQ(bench.stats().delivered, 10);
}

}  // namespace
}  // namespace segrid::deliver

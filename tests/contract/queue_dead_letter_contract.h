// The part of the contract about dead letters, and the list of all its tests.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "tests/contract/queue_append_contract.h"
#include "tests/contract/queue_contract.h"
#include "tests/contract/queue_erase_contract.h"
#include "tests/contract/queue_lease_contract.h"

namespace segrid::queue {

TYPED_TEST_P(QueueContract, ADeadLetterKeepsWhatIsKnown) {
  const absl::Time accepted = this->clock().Now();
  this->calls().Append("prod", {"a"});
  this->Advance(absl::Seconds(7));
  this->KillAll("BAD_MESSAGE");
  DeadLetterQuery query{.filter = {.lane = "prod"}, .with_track = true};
  const auto page = this->queue().ListDeadLetters(query);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->dead_letters.size(), 1u);
  const DeadLetter& letter = page->dead_letters.at(0);
  EXPECT_EQ(letter.lane, "prod");
  EXPECT_EQ(letter.message_id, "a");
  EXPECT_EQ(letter.reason, "BAD_MESSAGE");
  EXPECT_EQ(letter.answer, "HTTP 400 why");
  EXPECT_EQ(letter.accepted_time, accepted);
  EXPECT_EQ(letter.dead_time, accepted + absl::Seconds(7));
  EXPECT_EQ(letter.attempts, 1);
  EXPECT_EQ(letter.track.view(), testing::TrackJson("a"));
  query.with_track = false;
  EXPECT_EQ(
      this->queue().ListDeadLetters(query)->dead_letters.at(0).track.size(),
      0u);
}

TYPED_TEST_P(QueueContract, DeadLettersCountInTheLedger) {
  this->calls().Append("prod", {"a", "b", "c"});
  const Lease a = this->calls().Take("prod", 1);
  ASSERT_TRUE(
      this->calls().DeadLetter(AllOf("prod", a), {"BAD_MESSAGE", ""}).ok());
  const Lease b = this->calls().Take("prod", 1);
  ASSERT_TRUE(this->calls().DeadLetter(AllOf("prod", b), {"EXPIRED", ""}).ok());
  const LaneStats stats = this->calls().Stats("prod");
  EXPECT_EQ(stats.dead, 1);
  EXPECT_EQ(stats.expired, 1);
  EXPECT_EQ(stats.dead_letters, 2);
  EXPECT_EQ(stats.pending, 1);
  this->ExpectLedger();
}

TYPED_TEST_P(QueueContract, DeadLettersAreCountedByReason) {
  const auto by_reason = [this] {
    return this->calls().Stats("prod").dead_letters_by_reason;
  };
  EXPECT_THAT(by_reason(), IsEmpty());
  this->calls().Append("prod", {"a", "b", "c"});
  for (const char* reason : {"TOO_LARGE", "BAD_MESSAGE", "TOO_LARGE"}) {
    ASSERT_TRUE(this->calls()
                    .DeadLetter(AllOf("prod", this->calls().Take("prod", 1)),
                                {.reason = reason, .answer = ""})
                    .ok());
  }
  EXPECT_THAT(by_reason(), ElementsAre(ReasonCount{"BAD_MESSAGE", 1},
                                       ReasonCount{"TOO_LARGE", 2}));
  ASSERT_TRUE(this->queue()
                  .ReplayDeadLetters({.lane = "prod", .reason = "BAD_MESSAGE"})
                  .ok());
  EXPECT_THAT(by_reason(), ElementsAre(ReasonCount{"TOO_LARGE", 2}));
  ASSERT_TRUE(this->queue().PurgeDeadLetters({.lane = "prod"}).ok());
  EXPECT_THAT(by_reason(), IsEmpty());
}

TYPED_TEST_P(QueueContract, PagesGoFromTheNewestToTheOldest) {
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    this->calls().Append("prod", {id});
    this->KillAll("BAD_MESSAGE");
  }
  DeadLetterQuery query{.filter = {.lane = "prod"}, .page_size = 2};
  std::vector<std::string> ids;
  do {
    const auto page = this->queue().ListDeadLetters(query);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->dead_letters.size(), 2u);
    for (const auto& letter : page->dead_letters) {
      ids.push_back(letter.message_id);
    }
    query.page_token = page->next_page_token;
  } while (!query.page_token.empty() && ids.size() < 9);
  EXPECT_THAT(ids, ElementsAre("e", "d", "c", "b", "a"));
}

TYPED_TEST_P(QueueContract, BadPagesAreRefused) {
  const std::vector<DeadLetterQuery> bad = {
      {.filter = {.lane = "prod"}, .page_size = 0},
      {.filter = {.lane = "prod"}, .page_size = 1001},
      {.filter = {.lane = "prod"}, .page_token = "no token"}};
  for (const DeadLetterQuery& query : bad) {
    EXPECT_EQ(base::ReasonOf(this->queue().ListDeadLetters(query).status()),
              "BAD_PAGE");
  }
}

TYPED_TEST_P(QueueContract, FiltersSelectByReasonIdAndTime) {
  const absl::Time start = this->clock().Now();
  for (const char* reason : {"BAD_MESSAGE", "REFUSED", "REFUSED"}) {
    this->calls().Append(
        "prod", {absl::StrCat("m", absl::ToUnixSeconds(this->clock().Now()))});
    this->KillAll(reason);
    this->Advance(absl::Seconds(10));
  }
  const auto count = [&](DeadLetterFilter filter) {
    filter.lane = "prod";
    return this->queue()
        .ListDeadLetters({.filter = filter})
        ->dead_letters.size();
  };
  const auto all = this->queue().ListDeadLetters({.filter = {.lane = "prod"}});
  const std::uint64_t newest = all->dead_letters.at(0).id;
  EXPECT_EQ(count({}), 3u);
  EXPECT_EQ(count({.reason = "REFUSED"}), 2u);
  EXPECT_EQ(count({.ids = {newest, newest + 1}}), 1u);
  EXPECT_EQ(count({.since = start + absl::Seconds(10)}), 2u);
  EXPECT_EQ(count({.until = start + absl::Seconds(10)}), 1u);
  EXPECT_EQ(count({.reason = "BAD_MESSAGE", .ids = {newest}}), 0u);
}

// A filter, and which of three letters fit it. They were given up at 0 s, 10 s
// and 20 s after `start`; their message ids are "0", "1" and "2".
struct FilterCase {
  using Ids = std::vector<std::uint64_t>;

  const char* name;
  std::function<void(DeadLetterFilter&, absl::Time start, const Ids&)> set;
  std::vector<std::string> fit;
};

inline std::vector<FilterCase> FilterCases() {
  using Ids = FilterCase::Ids;
  return {
      {"all", [](auto&, absl::Time, const Ids&) {}, {"0", "1", "2"}},
      {"reason",
       [](auto& filter, absl::Time, const Ids&) { filter.reason = "EXPIRED"; },
       {"1"}},
      {"ids",
       [](auto& filter, absl::Time, const Ids& ids) {
         filter.ids = {ids[0], ids[2]};
       },
       {"0", "2"}},
      {"since",
       [](auto& filter, absl::Time start, const Ids&) {
         filter.since = start + absl::Seconds(10);
       },
       {"1", "2"}},
      {"until",
       [](auto& filter, absl::Time start, const Ids&) {
         filter.until = start + absl::Seconds(10);
       },
       {"0"}},
      {"all of them together",
       [](auto& filter, absl::Time start, const Ids& ids) {
         filter.reason = "REFUSED";
         filter.ids = {ids[1], ids[2]};
         filter.since = start;
         filter.until = start + absl::Seconds(30);
       },
       {"2"}},
      {"none",
       [](auto& filter, absl::Time start, const Ids&) { filter.until = start; },
       {}},
  };
}

TYPED_TEST_P(QueueContract, ReplayAndPurgeLeaveWhatDoesNotFit) {
  for (const FilterCase& c : FilterCases()) {
    for (const bool replay : {true, false}) {
      const std::string lane = absl::StrCat(c.name, replay ? " again" : "");
      SCOPED_TRACE(lane);
      const absl::Time start = this->clock().Now();
      for (const char* const id : {"0", "1", "2"}) {
        this->calls().Append(lane, {id});
        ASSERT_TRUE(this->calls()
                        .DeadLetter(AllOf(lane, this->calls().Take(lane)),
                                    {*id == '1' ? "EXPIRED" : "REFUSED", ""})
                        .ok());
        this->Advance(absl::Seconds(10));
      }
      const DeadLetterQuery query{.filter = {.lane = lane}};
      auto page = this->queue().ListDeadLetters(query);
      FilterCase::Ids ids;
      for (const DeadLetter& letter : page->dead_letters) {
        ids.insert(ids.begin(), letter.id);
      }
      ASSERT_EQ(ids.size(), 3u);
      DeadLetterFilter filter = {.lane = lane};
      c.set(filter, start, ids);
      EXPECT_EQ(*(replay ? this->queue().ReplayDeadLetters(filter)
                         : this->queue().PurgeDeadLetters(filter)),
                std::ssize(c.fit));
      std::vector<std::string> all = c.fit;
      page = this->queue().ListDeadLetters(query);
      for (const DeadLetter& letter : page->dead_letters) {
        all.push_back(letter.message_id);
      }
      EXPECT_THAT(all, ::testing::UnorderedElementsAre("0", "1", "2"));
      EXPECT_EQ(IdsOf(this->calls().Take(lane)),
                replay ? c.fit : std::vector<std::string>());
    }
  }
}

TYPED_TEST_P(QueueContract, ReplayQueuesAgainWithTheSameIdAndAFreshBudget) {
  this->calls().Append("prod", {"a", "b"});
  this->KillAll("REFUSED");
  this->calls().Append("prod", {"c"});
  this->Advance(absl::Hours(30));
  int heard = 0;
  const auto subscription = this->queue().Subscribe("prod", [&] { ++heard; });
  const auto replayed = this->queue().ReplayDeadLetters({.lane = "prod"});
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_EQ(*replayed, 2);
  EXPECT_GE(heard, 1);
  const Lease lease = this->calls().Take("prod");
  EXPECT_THAT(IdsOf(lease), ElementsAre("c", "a", "b"));
  EXPECT_EQ(lease.messages.at(1).track, testing::TrackJson("a"));
  EXPECT_EQ(lease.messages.at(1).accepted_time, this->clock().Now());
  EXPECT_EQ(lease.attempts, 0);
  EXPECT_EQ(this->calls().Stats("prod").accepted, 3);
  EXPECT_EQ(this->calls().Stats("prod").dead_letters, 0);
  this->ExpectLedger();
}

TYPED_TEST_P(QueueContract, PurgedDeadLettersCountAsPurged) {
  this->calls().Append("prod", {"a", "b"});
  this->KillAll("REFUSED");
  EXPECT_EQ(*this->queue().PurgeDeadLetters(
                {.lane = "prod", .reason = "BAD_MESSAGE"}),
            0);
  EXPECT_EQ(*this->queue().PurgeDeadLetters({.lane = "prod"}), 2);
  const LaneStats stats = this->calls().Stats("prod");
  EXPECT_EQ(stats.purged, 2);
  EXPECT_EQ(stats.expired, 0);
  EXPECT_EQ(stats.dead_letters, 0);
  this->ExpectLedger();
}

TYPED_TEST_P(QueueContract, ADroppedLaneGivesUpAllItHas) {
  this->calls().Append("prod", {"a", "b", "c", "d", "e"});
  for (const char* reason : {"REFUSED", "EXPIRED"}) {
    ASSERT_TRUE(this->calls()
                    .DeadLetter(AllOf("prod", this->calls().Take("prod", 1)),
                                {.reason = reason, .answer = ""})
                    .ok());
  }
  const Lease lease = this->calls().Take("prod", 1);  // Stays on loan.
  ASSERT_TRUE(this->calls()
                  .Defer(AllOf("prod", this->calls().Take("prod", 1)),
                         {.not_before = this->clock().Now() + absl::Hours(1)})
                  .ok());
  this->calls().Append("test", {"a"});
  const auto dropped = this->queue().DropLane("prod");
  ASSERT_TRUE(dropped.ok()) << dropped.status();
  EXPECT_EQ(dropped->pending, 3);
  EXPECT_EQ(dropped->dead_letters, 2);
  const LaneStats stats = this->calls().Stats("prod");
  EXPECT_EQ(stats.purged, 5);
  EXPECT_EQ(stats.expired, 0);
  EXPECT_EQ(stats.pending, 0);
  EXPECT_EQ(stats.pending_bytes, 0);
  EXPECT_EQ(stats.dead_letters, 0);
  EXPECT_EQ(stats.dead_letter_bytes, 0);
  EXPECT_EQ(stats.oldest_pending_time, absl::InfiniteFuture());
  this->ExpectLedger();
  // Messages that were on loan or put off are gone, too.
  EXPECT_TRUE(this->calls().Ack(AllOf("prod", lease)).ok());
  this->Advance(absl::Hours(2));
  EXPECT_THAT(IdsOf(this->calls().Take("prod")), ::testing::IsEmpty());
  EXPECT_EQ(this->calls().Stats("prod").delivered, 0);
  EXPECT_EQ(this->queue().GetStoreStats()->bytes,
            this->calls().Stats("test").pending_bytes);
  EXPECT_EQ(this->calls().Stats("test").pending, 1);
}

TYPED_TEST_P(QueueContract, ADroppedLaneGoesOnWithItsNumbersAndIds) {
  const Ticket ticket = this->calls().Append("prod", {"a", "b"}).ticket;
  EXPECT_EQ(this->queue().DropLane("prod")->pending, 2);
  EXPECT_EQ(this->queue().DropLane("prod")->pending, 0);
  EXPECT_EQ(this->queue().DropLane("never")->pending, 0);
  const LaneAppend again = this->calls().Append("prod", {"a", "c"});
  EXPECT_EQ(again.duplicates, 1);
  EXPECT_EQ(again.accepted, 1);
  EXPECT_GT(again.ticket.range.first, ticket.range.last);
  EXPECT_THAT(IdsOf(this->calls().Take("prod")), ElementsAre("c"));
  EXPECT_EQ(this->calls().Stats("prod").purged, 2);
  this->ExpectLedger();
}

TYPED_TEST_P(QueueContract, ListsTheLanesThatHaveSomething) {
  EXPECT_TRUE(this->queue().ListLanes()->empty());
  this->calls().Append("prod", {"a"});
  this->KillAll("REFUSED");
  this->calls().Append("done", {"a"});
  ASSERT_TRUE(
      this->calls().Ack(AllOf("done", this->calls().Take("done"))).ok());
  this->calls().Append("test", {"a", "b"});
  const auto lanes = this->queue().ListLanes();
  ASSERT_TRUE(lanes.ok()) << lanes.status();
  ASSERT_EQ(lanes->size(), 2u);
  EXPECT_EQ(lanes->at(0).lane, "prod");
  EXPECT_EQ(lanes->at(0).dead_letters, 1);
  EXPECT_EQ(lanes->at(1).lane, "test");
  EXPECT_EQ(lanes->at(1).pending, 2);
  EXPECT_EQ(lanes->at(1).accepted, 2);
}

// clang-format off
REGISTER_TYPED_TEST_SUITE_P(
    QueueContract,
    AnUnknownLaneIsEmpty, AppendCountsAndNumbersWhatItAccepts,
    AnEmptyBatchAndAnEmptyChunkAreFine, DuplicatesAreCountedAndNotAccepted,
    LanesDoNotShareIds, ADeliveredMessageIsStillADuplicate,
    AnIdIsForgottenAfterTheWindow, AFullLaneRefusesAllChunksAndSaysWhenToRetry,
    AFullStoreRefusesEveryLane, ChunksThatBreakTheRulesAreRefused,
    SubscribersHearOfAppendsToTheirLaneOnly, ATraceGoesWithItsMessages,
    TakeKeepsTheOrderAndTheLimits,
    TakeLendsOnlyWhatItIsAskedFor,
    TakeLendsNoMoreThanItIsAskedForThoughMoreIsDeferred, TakeRefusesLimitsThatAreNotPositive,
    ALeaseOutlivesItsMessages, AckSettlesPartOfALease, AckTwiceCountsOnce,
    ALoanThatRunsOutIsLentAgain, ALoanThatRanOutBuriesAndDefersNothing,
    RenewKeepsALoan,
    DeferredMessagesComeBackAtTheirTimeInOrder,
    MessagesWithOtherAttemptCountsAreLentApart, ProgressFollowsATicket,
    StatsTellTheOldestAndTheBytes,
    ADeadLetterKeepsWhatIsKnown, DeadLettersCountInTheLedger,
    DeadLettersAreCountedByReason,
    PagesGoFromTheNewestToTheOldest, BadPagesAreRefused,
    FiltersSelectByReasonIdAndTime, ReplayAndPurgeLeaveWhatDoesNotFit,
    ReplayQueuesAgainWithTheSameIdAndAFreshBudget,
    PurgedDeadLettersCountAsPurged, ADroppedLaneGivesUpAllItHas,
    ADroppedLaneGoesOnWithItsNumbersAndIds, ListsTheLanesThatHaveSomething,
    ErasedMessagesAreNeverLentAndCountAsPurged,
    ErasedDeadLettersAreGoneAndOthersStay,
    AnAnswerThatRepeatsWhatIsErasedLosesItsText,
    EraseKeepsToItsLaneAndADryRunChangesNothing, WhatWasErasedStaysADuplicate);
// clang-format on

}  // namespace segrid::queue

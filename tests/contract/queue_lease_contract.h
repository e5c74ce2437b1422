// The part of the contract about taking and settling.

#pragma once

#include <string>
#include <vector>

#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "tests/contract/queue_contract.h"

namespace segrid::queue {

using testing::AllOf;
using ::testing::ElementsAre;
using testing::IdsOf;
using ::testing::IsEmpty;

TYPED_TEST_P(QueueContract, TakeKeepsTheOrderAndTheLimits) {
  this->calls().Append("prod", {"a", "b", "c"});
  this->calls().Append("prod", {"d", "e"});
  const Lease two = this->calls().Take("prod", 2);
  EXPECT_THAT(IdsOf(two), ElementsAre("a", "b"));
  EXPECT_TRUE(two.more);
  // Each track has 17 bytes and a comma.
  const Lease bytes =
      this->calls().Take(TakeRequest{.lane = "prod", .max_bytes = 36}).value();
  EXPECT_THAT(IdsOf(bytes), ElementsAre("c", "d"));
  const Lease alone =
      this->calls().Take(TakeRequest{.lane = "prod", .max_bytes = 1}).value();
  EXPECT_THAT(IdsOf(alone), ElementsAre("e"));
  EXPECT_FALSE(alone.more);
  const Lease none = this->calls().Take("prod");
  EXPECT_THAT(none.messages, IsEmpty());
  EXPECT_EQ(none.id, 0u);
}

TYPED_TEST_P(QueueContract, TakeRefusesLimitsThatAreNotPositive) {
  const std::vector<TakeRequest> bad = {
      {.lane = "prod", .max_messages = 0},
      {.lane = "prod", .max_bytes = 0},
      {.lane = "prod", .lease = absl::ZeroDuration()}};
  for (const TakeRequest& request : bad) {
    const auto lease = this->calls().Take(request);
    EXPECT_EQ(base::ReasonOf(lease.status()), "BAD_TAKE");
  }
}

TYPED_TEST_P(QueueContract, TakeLendsOnlyWhatItIsAskedFor) {
  this->calls().Append("prod", {"a", "b", "c", "d", "e", "f"});
  const Lease ab = this->calls().Take("prod", 2);
  const Sequence first = ab.messages.at(0).sequence;
  ASSERT_TRUE(
      this->calls()
          .Defer(
              {.lane = "prod", .lease_id = ab.id, .ranges = {{first, first}}},
              {.not_before = this->clock().Now() + absl::Hours(9),
               .attempts = 3})
          .ok());
  const auto only = [this](Sequence from, Sequence to) {
    return this->calls()
        .Take(TakeRequest{.lane = "prod", .only = Range{from, to}})
        .value();
  };
  EXPECT_THAT(IdsOf(only(first + 1, first + 1)), IsEmpty()) << "on loan";
  const Lease deferred = only(first, first);
  EXPECT_THAT(IdsOf(deferred), ElementsAre("a")) << "though it is deferred";
  EXPECT_EQ(deferred.attempts, 3);
  EXPECT_THAT(IdsOf(only(first, first)), IsEmpty());
  EXPECT_THAT(IdsOf(only(first + 3, first + 4)), ElementsAre("d", "e"));
  // Those that were passed over are due as before.
  EXPECT_THAT(IdsOf(this->calls().Take("prod")), ElementsAre("c", "f"));
  ASSERT_TRUE(this->calls().Ack(AllOf("prod", deferred)).ok());
  EXPECT_THAT(IdsOf(only(first, first + 100)), IsEmpty());
  EXPECT_EQ(this->calls().Stats("prod").delivered, 1);
  this->ExpectLedger();
}

TYPED_TEST_P(QueueContract,
             TakeLendsNoMoreThanItIsAskedForThoughMoreIsDeferred) {
  this->calls().Append("prod", {"a", "b", "c"});
  const Lease all = this->calls().Take("prod");
  ASSERT_TRUE(this->calls()
                  .Defer(AllOf("prod", all),
                         {.not_before = this->clock().Now() + absl::Hours(9)})
                  .ok());
  const Sequence first = all.messages.at(0).sequence;
  const Lease one = this->calls()
                        .Take(TakeRequest{.lane = "prod",
                                          .max_messages = 1,
                                          .only = Range{first, first + 9}})
                        .value();
  EXPECT_THAT(IdsOf(one), ElementsAre("a"));
  EXPECT_TRUE(one.more);
  EXPECT_THAT(IdsOf(this->calls().Take("prod")), IsEmpty())
      << "the others are deferred as before";
}

TYPED_TEST_P(QueueContract, ALeaseOutlivesItsMessages) {
  this->calls().Append("prod", {"a"});
  const Lease lease = this->calls().Take("prod");
  ASSERT_TRUE(this->calls().Ack(AllOf("prod", lease)).ok());
  EXPECT_EQ(lease.messages.at(0).track, testing::TrackJson("a"));
}

TYPED_TEST_P(QueueContract, AckSettlesPartOfALease) {
  this->calls().Append("prod", {"a", "b", "c", "d"});
  const Lease lease = this->calls().Take("prod");
  const auto sequence = [&](std::size_t i) {
    return lease.messages.at(i).sequence;
  };
  ASSERT_TRUE(this->calls()
                  .Ack({.lane = "prod",
                        .lease_id = lease.id,
                        .ranges = {{sequence(0), sequence(1)},
                                   {sequence(3), sequence(3)}}})
                  .ok());
  EXPECT_EQ(this->calls().Stats("prod").delivered, 3);
  this->Advance(absl::Hours(1));
  EXPECT_THAT(IdsOf(this->calls().Take("prod")), ElementsAre("c"));
  this->ExpectLedger();
}

TYPED_TEST_P(QueueContract, AckTwiceCountsOnce) {
  this->calls().Append("prod", {"a"});
  const Lease lease = this->calls().Take("prod");
  ASSERT_TRUE(this->calls().Ack(AllOf("prod", lease)).ok());
  ASSERT_TRUE(this->calls().Ack(AllOf("prod", lease)).ok());
  EXPECT_EQ(this->calls().Stats("prod").delivered, 1);
  EXPECT_EQ(this->calls().Stats("prod").pending_bytes, 0);
}

TYPED_TEST_P(QueueContract, ALoanThatRunsOutIsLentAgain) {
  this->calls().Append("prod", {"a"});
  const Lease lost = this->calls().Take("prod");
  const Lease none = this->calls().Take("prod");
  EXPECT_THAT(none.messages, IsEmpty());
  EXPECT_EQ(none.next_due, this->clock().Now() + absl::Minutes(5));
  this->Advance(absl::Minutes(5));
  const Lease again = this->calls().Take("prod");
  EXPECT_THAT(IdsOf(again), ElementsAre("a"));

  // The first taker has no say any more, but what it delivered is delivered.
  EXPECT_EQ(
      base::ReasonOf(this->calls().Renew("prod", lost.id, absl::Minutes(5))),
      "LEASE_EXPIRED");
  ASSERT_TRUE(this->calls().DeadLetter(AllOf("prod", lost), {"X", ""}).ok());
  ASSERT_TRUE(this->calls().Defer(AllOf("prod", lost), {}).ok());
  EXPECT_THAT(this->calls().Take("prod").messages, IsEmpty());
  ASSERT_TRUE(this->calls().Ack(AllOf("prod", lost)).ok());
  EXPECT_EQ(this->calls().Stats("prod").delivered, 1);
  ASSERT_TRUE(this->calls().Ack(AllOf("prod", again)).ok());
  this->ExpectLedger();
}

// Also while nobody else has taken what it lent.
TYPED_TEST_P(QueueContract, ALoanThatRanOutBuriesAndDefersNothing) {
  this->calls().Append("prod", {"a"});
  const Lease lost = this->calls().Take("prod");
  this->Advance(absl::Minutes(5));
  ASSERT_TRUE(this->calls().DeadLetter(AllOf("prod", lost), {"X", ""}).ok());
  ASSERT_TRUE(this->calls()
                  .Defer(AllOf("prod", lost),
                         {.not_before = this->clock().Now() + absl::Hours(1)})
                  .ok());
  EXPECT_EQ(this->calls().Stats("prod").dead_letters, 0);
  EXPECT_EQ(this->calls().Stats("prod").pending, 1);
  EXPECT_THAT(IdsOf(this->calls().Take("prod")), ElementsAre("a"));
}

TYPED_TEST_P(QueueContract, RenewKeepsALoan) {
  this->calls().Append("prod", {"a"});
  const Lease lease = this->calls().Take("prod");
  this->Advance(absl::Minutes(4));
  ASSERT_TRUE(this->calls().Renew("prod", lease.id, absl::Minutes(5)).ok());
  this->Advance(absl::Minutes(4));
  EXPECT_THAT(this->calls().Take("prod").messages, IsEmpty());
  this->Advance(absl::Minutes(1));
  EXPECT_THAT(IdsOf(this->calls().Take("prod")), ElementsAre("a"));
}

TYPED_TEST_P(QueueContract, DeferredMessagesComeBackAtTheirTimeInOrder) {
  this->calls().Append("prod", {"a", "b"});
  const Lease lease = this->calls().Take("prod");
  const absl::Time later = this->clock().Now() + absl::Seconds(10);
  ASSERT_TRUE(
      this->calls().Defer(AllOf("prod", lease), {.not_before = later}).ok());
  this->calls().Append("prod", {"c"});
  const Lease fresh = this->calls().Take("prod");
  EXPECT_THAT(IdsOf(fresh), ElementsAre("c"));
  EXPECT_EQ(fresh.attempts, 0);
  EXPECT_EQ(fresh.next_due, later);
  this->Advance(absl::Seconds(10));
  const Lease back = this->calls().Take("prod");
  EXPECT_THAT(IdsOf(back), ElementsAre("a", "b"));
  EXPECT_EQ(back.attempts, 1);
  EXPECT_EQ(back.messages.at(0).accepted_time + absl::Seconds(10),
            this->clock().Now());
}

TYPED_TEST_P(QueueContract, MessagesWithOtherAttemptCountsAreLentApart) {
  this->calls().Append("prod", {"a", "b"});
  const Lease first = this->calls().Take("prod", 1);
  ASSERT_TRUE(this->calls()
                  .Defer(AllOf("prod", first),
                         {.not_before = absl::InfinitePast(), .attempts = 2})
                  .ok());
  const Lease tried = this->calls().Take("prod");
  EXPECT_THAT(IdsOf(tried), ElementsAre("a"));
  EXPECT_EQ(tried.attempts, 2);
  EXPECT_TRUE(tried.more);
  const Lease fresh = this->calls().Take("prod");
  EXPECT_THAT(IdsOf(fresh), ElementsAre("b"));
  EXPECT_EQ(fresh.attempts, 0);
}

TYPED_TEST_P(QueueContract, ProgressFollowsATicket) {
  this->calls().Append("prod", {"before"});
  const Ticket ticket = this->calls().Append("prod", {"a", "b", "c"}).ticket;
  this->calls().Append("prod", {"after"});
  EXPECT_EQ(this->calls().GetProgress("prod", ticket).pending, 3);
  const Lease before = this->calls().Take("prod", 1);
  const Lease a = this->calls().Take("prod", 1);
  const Lease b = this->calls().Take("prod", 1);
  ASSERT_TRUE(this->calls().Ack(AllOf("prod", before)).ok());
  ASSERT_TRUE(this->calls().Ack(AllOf("prod", a)).ok());
  ASSERT_TRUE(this->calls().DeadLetter(AllOf("prod", b), {"X", ""}).ok());
  const Progress progress = this->calls().GetProgress("prod", ticket);
  EXPECT_EQ(progress.delivered, 1);
  EXPECT_EQ(progress.pending, 1);
  EXPECT_EQ(progress.dead, 1);
}

TYPED_TEST_P(QueueContract, StatsTellTheOldestAndTheBytes) {
  EXPECT_EQ(this->calls().Stats("prod").oldest_pending_time,
            absl::InfiniteFuture());
  const absl::Time start = this->clock().Now();
  this->calls().Append("prod", {"a"});
  this->Advance(absl::Seconds(9));
  this->calls().Append("prod", {"b"});
  EXPECT_EQ(this->calls().Stats("prod").oldest_pending_time, start);
  EXPECT_EQ(this->calls().Stats("prod").pending_bytes, 34);
  const Lease a = this->calls().Take("prod", 1);
  ASSERT_TRUE(this->calls().Ack(AllOf("prod", a)).ok());
  EXPECT_EQ(this->calls().Stats("prod").oldest_pending_time,
            start + absl::Seconds(9));
  EXPECT_EQ(this->calls().Stats("prod").pending_bytes, 17);
}

}  // namespace segrid::queue

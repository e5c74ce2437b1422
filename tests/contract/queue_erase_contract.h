// The part of the contract about erasing what is known of a person.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "tests/contract/queue_contract.h"

namespace segrid::queue {

using testing::AllOf;
using ::testing::ElementsAre;
using testing::IdsOf;
using ::testing::IsEmpty;

// Erases the messages whose JSON has `text`.
inline EraseRequest Having(const std::string& text) {
  const auto has = [text](std::string_view where) {
    return where.find(text) != std::string_view::npos;
  };
  return {.matches = has, .answer_matches = has};
}

TYPED_TEST_P(QueueContract, ErasedMessagesAreNeverLentAndCountAsPurged) {
  this->calls().Append("prod", {"ada1", "bob1", "ada2", "bob2", "ada3"});
  const Lease lease = this->calls().Take("prod", 1);  // ada1, stays on loan.
  ASSERT_TRUE(this->calls()
                  .Defer(AllOf("prod", this->calls().Take("prod", 2)),
                         {.not_before = this->clock().Now() + absl::Hours(1)})
                  .ok());  // bob1 and ada2.
  this->calls().Append("test", {"ada1"});
  const auto lanes = this->queue().Erase(Having("ada"));
  ASSERT_TRUE(lanes.ok()) << lanes.status();
  ASSERT_EQ(lanes->lanes.size(), 2u);
  EXPECT_EQ(lanes->lanes.at(0).lane, "prod");
  EXPECT_EQ(lanes->lanes.at(0).pending, 3);
  EXPECT_EQ(lanes->lanes.at(0).on_loan, 1);
  EXPECT_EQ(lanes->lanes.at(0).dead_letters, 0);
  EXPECT_EQ(lanes->lanes.at(1).lane, "test");
  EXPECT_EQ(lanes->lanes.at(1).pending, 1);
  const LaneStats stats = this->calls().Stats("prod");
  EXPECT_EQ(stats.purged, 3);
  EXPECT_EQ(stats.pending, 2);
  this->ExpectLedger();
  // Who had one of them on loan cannot bring it back.
  EXPECT_TRUE(this->calls().Defer(AllOf("prod", lease), {}).ok());
  EXPECT_TRUE(
      this->calls().DeadLetter(AllOf("prod", lease), {"REFUSED", ""}).ok());
  EXPECT_TRUE(this->calls().Ack(AllOf("prod", lease)).ok());
  EXPECT_EQ(this->calls().Stats("prod").delivered, 0);
  EXPECT_EQ(this->calls().Stats("prod").dead_letters, 0);
  this->Advance(absl::Hours(2));
  std::vector<std::string> ids;
  for (int i = 0; i < 2; ++i) {  // They have different counts of attempts.
    const Lease left = this->calls().Take("prod");
    for (const std::string& id : IdsOf(left)) ids.push_back(id);
    for (const LeasedMessage& message : left.messages) {
      EXPECT_EQ(message.track, testing::TrackJson(std::string(message.id)));
    }
  }
  EXPECT_THAT(ids, ::testing::UnorderedElementsAre("bob1", "bob2"));
  EXPECT_THAT(IdsOf(this->calls().Take("test")), IsEmpty());
}

TYPED_TEST_P(QueueContract, ErasedDeadLettersAreGoneAndOthersStay) {
  for (const char* reason : {"BAD_MESSAGE", "EXPIRED"}) {
    this->calls().Append("prod", {std::string("ada") + reason});
    this->KillAll(reason);
  }
  this->calls().Append("prod", {"bob"});
  this->KillAll("BAD_MESSAGE");
  const auto lanes = this->queue().Erase(Having("ada"));
  ASSERT_TRUE(lanes.ok()) << lanes.status();
  ASSERT_EQ(lanes->lanes.size(), 1u);
  EXPECT_EQ(lanes->lanes.at(0).dead_letters, 2);
  EXPECT_EQ(lanes->lanes.at(0).pending, 0);
  EXPECT_EQ(lanes->lanes.at(0).answers, 0);
  const LaneStats stats = this->calls().Stats("prod");
  EXPECT_EQ(stats.purged, 2);
  EXPECT_EQ(stats.expired, 0);
  EXPECT_EQ(stats.dead_letters, 1);
  this->ExpectLedger();
}

TYPED_TEST_P(QueueContract, AnAnswerThatRepeatsWhatIsErasedLosesItsText) {
  this->calls().Append("prod", {"bob"});
  const Lease lease = this->calls().Take("prod");
  ASSERT_TRUE(this->calls()
                  .DeadLetter(AllOf("prod", lease),
                              {.reason = "BAD_MESSAGE", .answer = "400: ada"})
                  .ok());
  const auto lanes = this->queue().Erase(Having("ada"));
  ASSERT_TRUE(lanes.ok()) << lanes.status();
  ASSERT_EQ(lanes->lanes.size(), 1u);
  EXPECT_EQ(lanes->lanes.at(0).answers, 1);
  EXPECT_EQ(lanes->lanes.at(0).dead_letters, 0);
  const auto page = this->queue().ListDeadLetters(
      {.filter = {.lane = "prod"}, .with_track = true});
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->dead_letters.size(), 1u);
  EXPECT_EQ(page->dead_letters[0].answer, kErasedAnswer);
  EXPECT_EQ(page->dead_letters[0].track.view(), testing::TrackJson("bob"));
  EXPECT_EQ(this->calls().Stats("prod").purged, 0);
}

TYPED_TEST_P(QueueContract, EraseKeepsToItsLaneAndADryRunChangesNothing) {
  this->calls().Append("prod", {"ada", "bob"});
  this->calls().Append("test", {"ada"});
  EraseRequest request = Having("ada");
  request.dry_run = true;
  const auto counted = this->queue().Erase(request);
  ASSERT_TRUE(counted.ok()) << counted.status();
  EXPECT_EQ(counted->lanes.size(), 2u);
  EXPECT_EQ(this->calls().Stats("prod").pending, 2);
  EXPECT_EQ(this->calls().Stats("prod").purged, 0);
  request = Having("ada");
  request.lane = "test";
  const auto erased = this->queue().Erase(request);
  ASSERT_TRUE(erased.ok()) << erased.status();
  ASSERT_EQ(erased->lanes.size(), 1u);
  EXPECT_EQ(erased->lanes.at(0).lane, "test");
  EXPECT_EQ(this->calls().Stats("test").purged, 1);
  EXPECT_THAT(IdsOf(this->calls().Take("prod")), ElementsAre("ada", "bob"));
  request.lane = "unknown";
  EXPECT_THAT(this->queue().Erase(request)->lanes, IsEmpty());
}

TYPED_TEST_P(QueueContract, WhatWasErasedStaysADuplicate) {
  this->calls().Append("prod", {"ada", "bob"});
  ASSERT_TRUE(this->queue().Erase(Having("ada")).ok());
  EXPECT_EQ(this->calls().Append("prod", {"ada", "new"}).accepted, 1);
  EXPECT_THAT(IdsOf(this->calls().Take("prod")), ElementsAre("bob", "new"));
}

}  // namespace segrid::queue

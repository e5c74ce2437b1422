// Sources that come, change and go while messages are in flight.

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/deliver/delivery_bench.h"

namespace segrid::deliver {
namespace {

using receivers::Verdict;
using ::testing::ElementsAre;
using ::testing::SizeIs;

class SourcesChange : public ::testing::Test {
 protected:
  // Another receiver under `name`, whose script is given back.
  testing::FakeReceiverScript& Put(const std::string& name,
                                   const std::string& lane = "") {
    auto& script = scripts_.emplace_back();
    Source source;
    source.name = name;
    source.lane = lane;
    source.receiver = std::make_unique<testing::FakeReceiver>(
        script, bench_.clock, bench_.executor);
    bench_.deliverer().Put(std::move(source));
    bench_.executor.Run();
    return script;
  }
  // How often each Track arrived, anywhere.
  std::map<std::string, int> Arrived() {
    std::map<std::string, int> counts;
    const auto add = [&counts](const testing::FakeReceiverScript& script) {
      for (const auto& arrival : script.arrivals) {
        for (const std::string& track : arrival.tracks) ++counts[track];
      }
    };
    add(bench_.script());
    for (const auto& script : scripts_) add(script);
    return counts;
  }
  void Advance(std::int64_t milliseconds) {
    bench_.executor.Advance(absl::Milliseconds(milliseconds));
  }

  std::list<testing::FakeReceiverScript> scripts_;
  DeliveryBench bench_;
};

TEST_F(SourcesChange, ANewReceiverBeginsWhenTheOldOneHasNothingInFlight) {
  bench_.script().latency = absl::Seconds(5);
  bench_.Append(3);
  bench_.Start();
  ASSERT_THAT(bench_.script().arrivals, SizeIs(1));
  auto& next = Put("prod");
  bench_.Append(2, 3);
  Advance(4'000);
  EXPECT_THAT(next.arrivals, SizeIs(0));
  EXPECT_EQ(bench_.status().in_flight, 1);
  Advance(1'000);
  ASSERT_THAT(next.arrivals, SizeIs(1));
  EXPECT_THAT(next.arrivals.at(0).tracks, SizeIs(2));
  Advance(1'000);
  EXPECT_EQ(bench_.stats().delivered, 5);
  EXPECT_EQ(bench_.status().messages_sent, 5);
  EXPECT_EQ(bench_.status().attempts, 2);
  for (const auto& [track, count] : Arrived()) EXPECT_EQ(count, 1) << track;
}

TEST_F(SourcesChange, WhatTheOldReceiverDidNotTakeGoesToTheNewOne) {
  bench_.script().answer = [](const auto&) { return Answer(Verdict::kRetry); };
  bench_.Append(3);
  bench_.Start();
  Advance(100);
  const auto tries = bench_.script().arrivals.size();
  EXPECT_GE(tries, 1u);
  Put("prod");
  Advance(120'000);
  EXPECT_EQ(bench_.script().arrivals.size(), tries);
  EXPECT_EQ(bench_.stats().delivered, 3);
  EXPECT_EQ(bench_.status().failed_attempts, static_cast<std::int64_t>(tries));
}

TEST_F(SourcesChange, ARenamedSourceTakesTheLaneOverWhenTheOldOneIsDone) {
  bench_.script().latency = absl::Seconds(5);
  bench_.Append(3);
  bench_.Start();
  ASSERT_THAT(bench_.script().arrivals, SizeIs(1));
  ASSERT_TRUE(bench_.deliverer().Pause("prod").ok());
  auto& next = Put("renamed", "prod");
  bench_.deliverer().Remove("elsewhere");
  bench_.Append(2, 3);
  Advance(6'000);
  EXPECT_THAT(next.arrivals, SizeIs(0)) << "an operator paused it";
  EXPECT_EQ(base::ReasonOf(bench_.deliverer().Resume("prod")),
            "UNKNOWN_SOURCE");
  ASSERT_TRUE(bench_.deliverer().Resume("renamed").ok());
  Advance(1'000);
  ASSERT_THAT(next.arrivals, SizeIs(1));
  EXPECT_THAT(next.arrivals[0].tracks, SizeIs(2));
  EXPECT_EQ(bench_.stats().delivered, 5);
  const auto statuses = bench_.deliverer().Statuses();
  ASSERT_THAT(statuses, SizeIs(1));
  EXPECT_EQ(statuses[0].name, "renamed");
  EXPECT_EQ(statuses[0].lane, "prod");
  EXPECT_EQ(statuses[0].messages_sent, 5) << "counted on";
  for (const auto& [track, count] : Arrived()) EXPECT_EQ(count, 1) << track;
}

TEST_F(SourcesChange, ASourceThatGetsAnotherLaneLeavesItsOwn) {
  bench_.script().latency = absl::Seconds(5);
  bench_.Append(3);
  bench_.Start();
  auto& next = Put("prod", "old");
  bench_.deliverer().Remove("prod");
  bench_.Append(2, 3);
  Advance(6'000);
  EXPECT_THAT(next.arrivals, SizeIs(0));
  EXPECT_EQ(bench_.stats().pending, 2);
  const auto statuses = bench_.deliverer().Statuses();
  ASSERT_THAT(statuses, SizeIs(1));
  EXPECT_EQ(statuses[0].lane, "old");
  EXPECT_EQ(bench_.deliverer().Status("prod")->lane, "old");
}

// The one before had put it off until its age.
TEST_F(SourcesChange, ASuspectOfTheOldReceiverGoesToTheNewOne) {
  bench_.script().answer = [](const auto&) { return Answer(Verdict::kSplit); };
  bench_.Append(1);
  bench_.Start();
  Advance(1'000);
  ASSERT_THAT(bench_.script().arrivals, SizeIs(1));
  auto& next = Put("prod");
  Advance(1'000);
  EXPECT_THAT(next.arrivals, SizeIs(1));
  EXPECT_EQ(bench_.stats().delivered, 1);
}

TEST_F(SourcesChange, ASuspectOfASourceThatWentGoesWhenItComesAgain) {
  bench_.script().answer = [](const auto&) { return Answer(Verdict::kSplit); };
  bench_.Append(1);
  bench_.Start();
  Advance(1'000);
  bench_.deliverer().Remove("prod");
  Advance(1'000);
  auto& next = Put("prod");
  Advance(1'000);
  EXPECT_THAT(next.arrivals, SizeIs(1));
  EXPECT_EQ(bench_.stats().delivered, 1);
}

TEST_F(SourcesChange, TheLastOfSeveralChangesHolds) {
  bench_.script().latency = absl::Seconds(5);
  bench_.Append(1);
  bench_.Start();
  auto& second = Put("prod");
  auto& third = Put("prod");
  bench_.Append(1, 1);
  Advance(6'000);
  EXPECT_THAT(second.arrivals, SizeIs(0));
  EXPECT_THAT(third.arrivals, SizeIs(1));
  EXPECT_EQ(bench_.stats().delivered, 2);
}

TEST_F(SourcesChange, APausedSourceStaysPaused) {
  bench_.Start();
  ASSERT_TRUE(bench_.deliverer().Pause("prod").ok());
  auto& next = Put("prod");
  bench_.Append(1);
  Advance(1'000);
  EXPECT_EQ(bench_.status().state, SourceState::kPaused);
  EXPECT_THAT(next.arrivals, SizeIs(0));
  ASSERT_TRUE(bench_.deliverer().Resume("prod").ok());
  Advance(1'000);
  EXPECT_THAT(next.arrivals, SizeIs(1));
}

TEST_F(SourcesChange, ASourceComesAndDeliversWhatItsLaneHas) {
  bench_.Start();
  bench_.calls.Append("late", {"a", "b"});
  auto& script = Put("late");
  EXPECT_THAT(script.arrivals, SizeIs(1));
  std::vector<std::string> names;
  for (const SourceStatus& each : bench_.deliverer().Statuses()) {
    names.push_back(each.name);
  }
  EXPECT_THAT(names, ElementsAre("prod", "late"));
}

TEST_F(SourcesChange, ASourceGoesWithoutItsUndeliveredMessages) {
  bench_.script().latency = absl::Seconds(5);
  bench_.Append(3);
  bench_.Start();
  bench_.deliverer().Remove("prod");
  bench_.Append(2, 3);
  EXPECT_EQ(base::ReasonOf(bench_.deliverer().Status("prod").status()),
            "UNKNOWN_SOURCE");
  EXPECT_THAT(bench_.deliverer().Statuses(), SizeIs(0));
  Advance(60'000);
  // What was in flight is counted as delivered; the rest stays.
  EXPECT_EQ(bench_.stats().delivered, 3);
  EXPECT_EQ(bench_.stats().pending, 2);
  // It comes again, and its counts go on.
  auto& again = Put("prod");
  Advance(1'000);
  EXPECT_THAT(again.arrivals, SizeIs(1));
  EXPECT_EQ(bench_.stats().pending, 0);
  EXPECT_EQ(bench_.status().messages_sent, 5);
}

TEST_F(SourcesChange, ASourceThatComesAgainWaitsForWhatIsInFlight) {
  bench_.script().latency = absl::Seconds(5);
  bench_.Append(1);
  bench_.Start();
  bench_.deliverer().Remove("prod");
  auto& again = Put("prod");
  bench_.Append(1, 1);
  Advance(4'000);
  EXPECT_THAT(again.arrivals, SizeIs(0));
  Advance(2'000);
  EXPECT_THAT(again.arrivals, SizeIs(1));
  EXPECT_EQ(bench_.stats().delivered, 2);
}

TEST_F(SourcesChange, ADrainWaitsForSourcesThatChangeOrGo) {
  auto& other = bench_.AddSource({.name = "other"});
  other.latency = absl::Seconds(3);
  bench_.script().latency = absl::Seconds(5);
  bench_.Append(1);
  bench_.calls.Append("other", {"a"});
  bench_.Start();
  Put("prod");
  bench_.deliverer().Remove("other");
  int drained = 0;
  bench_.deliverer().Drain(absl::InfiniteFuture(),
                           [&drained](const absl::Status& status) {
                             EXPECT_TRUE(status.ok()) << status;
                             ++drained;
                           });
  Advance(4'000);
  EXPECT_EQ(drained, 0);
  Advance(2'000);
  EXPECT_EQ(drained, 1);
  auto& late = Put("late");
  bench_.calls.Append("late", {"b"});
  Advance(1'000);
  EXPECT_THAT(late.arrivals, SizeIs(0));
}

}  // namespace
}  // namespace segrid::deliver

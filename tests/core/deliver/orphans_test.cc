#include "core/deliver/orphans.h"

#include <string>
#include <vector>

#include "core/queue/memory/memory_queue.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/queue_calls.h"

namespace segrid::deliver {
namespace {

using ::testing::IsEmpty;

SourceStatus Delivers(const std::string& name, const std::string& lane) {
  SourceStatus status;
  status.name = name;
  status.lane = lane;
  return status;
}

TEST(Orphans, AreTheLanesThatHaveSomethingAndNobodyWhoDelivers) {
  testing::FakeClock clock;
  queue::memory::MemoryQueue queue({}, clock);
  testing::QueueCalls calls(queue);
  for (const char* lane : {"prod", "gone", "first", "done"}) {
    calls.Append(lane, {"a"});
  }
  ASSERT_TRUE(calls.Ack(testing::AllOf("done", calls.Take("done"))).ok());
  const auto orphans = OrphanedLanes(
      {Delivers("prod", "prod"), Delivers("renamed", "first")}, queue);
  ASSERT_TRUE(orphans.ok()) << orphans.status();
  ASSERT_EQ(orphans->size(), 1u);
  EXPECT_EQ(orphans->at(0).lane, "gone");
  EXPECT_EQ(orphans->at(0).pending, 1);
}

TEST(Orphans, HaveANameOfTheirOwnWhereASourceOfThatNameDeliversAnotherLane) {
  const std::vector<SourceStatus> statuses = {Delivers("prod", "old")};
  EXPECT_EQ(OrphanName(statuses, "prod"), "lane:prod");
  EXPECT_EQ(OrphanName(statuses, "gone"), "gone");
}

TEST(Orphans, AreNoneInAnEmptyQueue) {
  testing::FakeClock clock;
  queue::memory::MemoryQueue queue({}, clock);
  EXPECT_THAT(*OrphanedLanes({}, queue), IsEmpty());
}

}  // namespace
}  // namespace segrid::deliver

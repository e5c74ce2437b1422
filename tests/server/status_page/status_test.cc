#include "server/status_page/status.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "core/queue/memory/memory_queue.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fake_executor.h"
#include "tests/testing/queue_calls.h"

namespace segrid::status_page {
namespace {

// A server without sources: what is in the queue left the configuration.
class StatusTest : public ::testing::Test {
 protected:
  void Kill(const std::string& lane, const std::string& reason, int messages) {
    for (int i = 0; i < messages; ++i) {
      calls_.Append(lane, {absl::StrCat(reason, i)});
      const queue::Lease lease = calls_.Take(lane, 1);
      ASSERT_TRUE(calls_
                      .DeadLetter(testing::AllOf(lane, lease),
                                  {.reason = reason,
                                   .answer = "HTTP 400: ada@example.com"})
                      .ok());
    }
  }
  boost::json::object Json() const {
    Sources sources;
    sources.clock = &clock_;
    sources.queue = &queue_;
    sources.deliverer = deliverer_.get();
    sources.events = &events_;
    sources.latency = latency_;
    sources.history = std::make_shared<History>([] { return Totals(); });
    sources.not_ready_reason = [] { return std::string(); };
    sources.start_time = clock_.Now();
    sources.server_name = "mail-events-1";
    return boost::json::parse(StatusJson(sources)).as_object();
  }

  mutable testing::FakeClock clock_;
  testing::FakeExecutor executor_{clock_};
  mutable queue::memory::MemoryQueue queue_{queue::memory::MemoryOptions{},
                                            clock_};
  testing::QueueCalls calls_{queue_};
  std::unique_ptr<deliver::Deliverer> deliverer_ =
      std::make_unique<deliver::Deliverer>(
          deliver::Environment{clock_, queue_, executor_, [] { return 0.5; },
                               nullptr},
          deliver::Options{}, std::vector<deliver::Source>{});
  metrics::EventCounts events_;
  metrics::DeliveryRegistry deliveries_;
  std::shared_ptr<RecentLatency> latency_ =
      std::make_shared<RecentLatency>(deliveries_);
};

TEST_F(StatusTest, CountsDeadLettersByReasonWithTheStatusOfTheNewest) {
  Kill("prod", "TOO_LARGE", 1);
  clock_.Advance(absl::Minutes(5));
  Kill("prod", "BAD_MESSAGE", 3);
  const boost::json::object json = Json();
  const auto& groups = json.at("dead_letters").as_array();
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups.at(0).at("source"), "prod");
  EXPECT_EQ(groups.at(0).at("reason"), "BAD_MESSAGE");
  EXPECT_EQ(groups.at(0).at("count"), 3);
  EXPECT_EQ(groups.at(0).at("newest"), absl::ToUnixMillis(clock_.Now()));
  EXPECT_EQ(groups.at(0).at("answer"), "HTTP 400");
  EXPECT_EQ(groups.at(1).at("count"), 1);
  EXPECT_EQ(groups.at(1).at("newest"),
            absl::ToUnixMillis(clock_.Now() - absl::Minutes(5)));
}

TEST_F(StatusTest, ListsTheLargestGroupsAndSaysHowManyThereAre) {
  for (std::size_t i = 0; i <= kMaxDeadLetterGroups; ++i) {
    Kill(absl::StrCat("lane", i), "BAD_MESSAGE", i == 0 ? 1 : 2);
  }
  const boost::json::object json = Json();
  EXPECT_EQ(json.at("dead_letter_groups"), kMaxDeadLetterGroups + 1);
  const auto& groups = json.at("dead_letters").as_array();
  EXPECT_EQ(groups.size(), kMaxDeadLetterGroups);
  for (const auto& group : groups) EXPECT_EQ(group.at("count"), 2);
}

TEST_F(StatusTest, NamesNoOwnerOfWhatNobodyDelivers) {
  calls_.Append("prod", {"a"});
  const boost::json::object json = Json();
  const auto& source = json.at("sources").at(0).as_object();
  EXPECT_EQ(source.at("state"), "orphaned");
  EXPECT_FALSE(source.contains("owner"));
  EXPECT_FALSE(source.contains("since"));
  EXPECT_EQ(json.at("servers").at(0).at("name"), "mail-events-1");
}

}  // namespace
}  // namespace segrid::status_page

#include "client/batching_forwarder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "client/testing/fake_connection.h"
#include "tests/client/batching.h"

namespace segrid {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeConnection;
using ::testing::SizeIs;
using Kind = EventOutcome::Kind;

using tests::Open;
using tests::Outcomes;

class BatchingForwarderTest : public ::testing::Test {
 protected:
  const std::shared_ptr<FakeConnection> wire_ =
      std::make_shared<FakeConnection>();
  const Client client_{wire_};
  Outcomes outcomes_;
};

TEST_F(BatchingForwarderTest, SendsFullBatches) {
  BatchingOptions options;
  options.max_batch_events = 10;
  options.max_delay = hours(1);
  options.max_in_flight = 1;
  options.sources = {"prod"};
  BatchingForwarder forwarder(client_, options);
  for (int i = 0; i < 25; ++i) {
    EXPECT_FALSE(forwarder.Add(Open("id" + std::to_string(i))).has_value());
  }
  EXPECT_TRUE(forwarder.Flush(seconds(30)));
  const auto calls = wire_->forwards();
  std::vector<int> sizes;
  for (const auto& call : calls) {
    sizes.push_back(call.request.events_size());
    EXPECT_EQ(call.request.sources(0), "prod");
  }
  EXPECT_THAT(sizes, ElementsAre(10, 10, 5));
  EXPECT_EQ(calls[1].request.events(0).sg_event_id(), "id10");
}

TEST_F(BatchingForwarderTest, SendsBatchesOfAsManyBytes) {
  BatchingOptions options;
  options.max_batch_bytes = 1 << 10;
  options.max_delay = hours(1);
  BatchingForwarder forwarder(client_, options);
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(forwarder.Add(Open(std::string(100, 'x'))).has_value());
  }
  EXPECT_TRUE(forwarder.Flush(seconds(30)));
  EXPECT_GT(wire_->forwards().size(), 2u);
  for (const auto& call : wire_->forwards()) {
    EXPECT_LE(call.request.ByteSizeLong(), (1u << 10) + 100u);
  }
}

TEST_F(BatchingForwarderTest, SendsAPartOfABatchWhenItIsOld) {
  std::promise<void> sent;
  BatchingOptions options;
  options.max_delay = milliseconds(5);
  options.on_batch = [&](const BatchingStats&) { sent.set_value(); };
  BatchingForwarder forwarder(client_, options);
  EXPECT_FALSE(forwarder.Add(Open()).has_value());
  sent.get_future().wait();
  EXPECT_EQ(forwarder.stats().accepted_count, 1);
}

TEST_F(BatchingForwarderTest, TellsTheOutcomeOfEachEvent) {
  BatchingOptions options;
  options.on_outcome = outcomes_.Collector();
  {
    BatchingForwarder forwarder(client_, options);
    v1::SendGridEvent deferred = Open();
    deferred.set_event("deferred");
    v1::SendGridEvent nobody = Open();
    nobody.clear_email();
    EXPECT_FALSE(forwarder.Add(Open(), 1).has_value());
    EXPECT_FALSE(forwarder.Add(deferred, 2).has_value());
    EXPECT_FALSE(forwarder.Add(nobody, 3).has_value());
    EXPECT_TRUE(forwarder.Shutdown(seconds(30)));
    const BatchingStats stats = forwarder.stats();
    EXPECT_EQ(stats.added_count, 3);
    EXPECT_EQ(stats.accepted_count, 1);
    EXPECT_EQ(stats.skipped_count, 1);
    EXPECT_EQ(stats.rejected_count, 1);
    EXPECT_EQ(stats.buffered_count, 0);
    EXPECT_EQ(stats.buffered_bytes, 0);
  }
  EXPECT_EQ(outcomes_.kinds.at(1), Kind::kAccepted);
  EXPECT_EQ(outcomes_.kinds.at(2), Kind::kSkipped);
  EXPECT_EQ(outcomes_.kinds.at(3), Kind::kRejected);
}

// Skipped by one source, accepted by the other: accepted. By both: skipped.
TEST_F(BatchingForwarderTest, CountsAnEventThatOneSourceAccepts) {
  v1::ForwardResponse answer;
  answer.add_sources();
  answer.add_sources();
  const auto skip = [&](int index, const char* source) {
    auto& issue = *answer.add_issues();
    issue.set_index(index);
    issue.set_outcome(v1::OUTCOME_SKIPPED);
    issue.set_source(source);
  };
  skip(0, "a");
  skip(1, "a");
  skip(1, "b");
  skip(2, "");
  wire_->AddForward(answer);
  BatchingOptions options;
  options.on_outcome = outcomes_.Collector();
  options.max_batch_events = 3;
  BatchingForwarder forwarder(client_, options);
  for (std::uint64_t id = 0; id < 3; ++id) {
    EXPECT_FALSE(forwarder.Add(Open(), id).has_value());
  }
  EXPECT_TRUE(forwarder.Shutdown(seconds(30)));
  EXPECT_EQ(outcomes_.kinds.at(0), Kind::kAccepted);
  EXPECT_EQ(outcomes_.kinds.at(1), Kind::kSkipped);
  EXPECT_EQ(outcomes_.kinds.at(2), Kind::kSkipped);
}

TEST_F(BatchingForwarderTest, TellsTheEventsOfABatchThatFailed) {
  wire_->AddForward(testing::Unavailable());
  BatchingOptions options;
  options.on_outcome = [&](const EventOutcome& outcome) {
    EXPECT_EQ(outcome.kind, Kind::kFailed);
    EXPECT_EQ(outcome.error->code, ErrorCode::kUnavailable);
    EXPECT_EQ(outcome.event->sg_event_id(), "again");
  };
  BatchingForwarder forwarder(client_, options);
  EXPECT_FALSE(forwarder.Add(Open("again")).has_value());
  EXPECT_TRUE(forwarder.Shutdown(seconds(30)));
  EXPECT_EQ(forwarder.stats().failed_count, 1);
}

TEST_F(BatchingForwarderTest, AccountsForTheEventsOfManyThreads) {
  BatchingOptions options;
  options.max_batch_events = 64;
  options.max_buffered_events = 200;
  options.on_outcome = outcomes_.Collector();
  BatchingForwarder forwarder(client_, options);
  constexpr std::uint64_t kEach = 500;
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < kEach; ++i) {
        EXPECT_FALSE(forwarder.Add(Open(), t * kEach + i).has_value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(forwarder.Shutdown(seconds(30)));
  EXPECT_THAT(outcomes_.kinds, SizeIs(8 * kEach));
  EXPECT_EQ(forwarder.stats().accepted_count, 8 * kEach);
}

}  // namespace
}  // namespace segrid

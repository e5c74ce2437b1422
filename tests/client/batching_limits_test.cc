// What a BatchingForwarder does when there is too much, or too little time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "client/batching_forwarder.h"
#include "client/testing/fake_connection.h"
#include "tests/client/batching.h"

namespace segrid {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeConnection;
using ::testing::SizeIs;
using tests::GatedConnection;
using tests::Open;
using tests::Outcomes;

TEST(BatchingLimits, RefusesWhatHasNoRoom) {
  Outcomes outcomes;
  const auto gate = std::make_shared<GatedConnection>();
  BatchingOptions options;
  options.max_batch_events = 2;
  options.max_buffered_events = 4;
  options.when_full = WhenFull::kFail;
  options.on_outcome = outcomes.Collector();
  BatchingForwarder forwarder(Client(gate), options);
  for (std::uint64_t id = 0; id < 4; ++id) {
    EXPECT_FALSE(forwarder.Add(Open(), id).has_value());
  }
  // On their way they still need their room.
  gate->WaitForCalls(2);
  EXPECT_EQ(forwarder.Add(Open(), 4)->reason, "BUFFER_FULL");
  EXPECT_EQ(forwarder.stats().refused_count, 1);
  gate->Open();
  EXPECT_TRUE(forwarder.Flush(seconds(30)));
  EXPECT_FALSE(forwarder.Add(Open(), 5).has_value());
  EXPECT_TRUE(forwarder.Shutdown(seconds(30)));
  EXPECT_THAT(outcomes.kinds, SizeIs(5));
}

TEST(BatchingLimits, BlocksUntilThereIsRoom) {
  const auto gate = std::make_shared<GatedConnection>();
  BatchingOptions options;
  options.max_batch_events = 1;
  options.max_buffered_events = 2;
  BatchingForwarder forwarder(Client(gate), options);
  EXPECT_FALSE(forwarder.Add(Open()).has_value());
  EXPECT_FALSE(forwarder.Add(Open()).has_value());
  std::atomic<bool> added = false;
  std::thread blocked([&] {
    EXPECT_FALSE(forwarder.Add(Open()).has_value());
    added = true;
  });
  gate->WaitForCalls(2);
  EXPECT_FALSE(added.load());
  EXPECT_LE(forwarder.stats().buffered_count, 2);
  gate->Open();
  blocked.join();
  EXPECT_TRUE(forwarder.Shutdown(seconds(30)));
  EXPECT_EQ(forwarder.stats().accepted_count, 3);
}

TEST(BatchingLimits, GivesUpWhatIsLeftWhenTheTimeIsOver) {
  Outcomes outcomes;
  const auto gate = std::make_shared<GatedConnection>();
  BatchingOptions options;
  options.max_batch_events = 1;
  options.max_in_flight = 1;
  options.on_outcome = outcomes.Collector();
  BatchingForwarder forwarder(Client(gate), options);
  for (std::uint64_t id = 0; id < 5; ++id) {
    EXPECT_FALSE(forwarder.Add(Open(), id).has_value());
  }
  gate->WaitForCalls(1);
  EXPECT_FALSE(forwarder.Flush(milliseconds(1)));
  EXPECT_FALSE(forwarder.Shutdown(milliseconds(1)));
  EXPECT_EQ(forwarder.stats().failed_count, 5);
  EXPECT_THAT(outcomes.errors, SizeIs(5));
  for (const auto& [id, reason] : outcomes.errors) {
    EXPECT_EQ(reason, "SHUT_DOWN") << id;
  }
  EXPECT_EQ(forwarder.Add(Open())->reason, "SHUT_DOWN");
}

TEST(BatchingLimits, WaitsAsLongAsItTakes) {
  const auto gate = std::make_shared<GatedConnection>();
  BatchingForwarder forwarder{Client(gate)};
  EXPECT_FALSE(forwarder.Add(Open()).has_value());
  std::thread opener([&] {
    gate->WaitForCalls(1);
    gate->Open();
  });
  EXPECT_TRUE(forwarder.Flush(std::chrono::nanoseconds::max()));
  EXPECT_FALSE(forwarder.Add(Open()).has_value());
  EXPECT_TRUE(forwarder.Shutdown(std::chrono::nanoseconds::max()));
  EXPECT_EQ(forwarder.stats().accepted_count, 2);
  opener.join();
}

// What an outcome says is often answered by adding the event again, and then
// nobody is left who could make room.
TEST(BatchingLimits, NeverWaitsForItselfInACallback) {
  std::atomic<BatchingForwarder*> self = nullptr;
  std::optional<Error> refused;
  bool flushed = true;
  bool shut_down = true;
  BatchingOptions options;
  options.max_batch_events = 1;
  options.max_buffered_events = 1;
  options.max_in_flight = 1;
  options.on_outcome = [&](const EventOutcome& outcome) {
    while (self == nullptr) std::this_thread::yield();
    refused = self.load()->Add(*outcome.event, 2);
    flushed = self.load()->Flush(hours(1));
    shut_down = self.load()->Shutdown(hours(1));
  };
  BatchingForwarder forwarder(Client(std::make_shared<FakeConnection>()),
                              options);
  self = &forwarder;
  EXPECT_FALSE(forwarder.Add(Open(), 1).has_value());
  EXPECT_TRUE(forwarder.Flush(seconds(30)));
  EXPECT_EQ(refused.value().reason, "BUFFER_FULL");
  EXPECT_FALSE(flushed);
  EXPECT_FALSE(shut_down);
  EXPECT_TRUE(forwarder.Shutdown(seconds(30)));
}

TEST(BatchingLimits, RefusesAnEventThatFitsInNoBatch) {
  BatchingOptions options;
  options.max_batch_bytes = 1 << 10;
  BatchingForwarder forwarder(Client(std::make_shared<FakeConnection>()),
                              options);
  EXPECT_EQ(forwarder.Add(Open(std::string(2'000, 'x')))->reason,
            "EVENT_TOO_LARGE");
}

TEST(BatchingOptions, NamesTheFieldThatIsOutOfRange) {
  EXPECT_FALSE(BatchingOptions().Validate().has_value());
  const auto field = [](auto change) {
    BatchingOptions options;
    change(options);
    const auto error = options.Validate();
    return error ? error->field_violations.at(0).field : std::string("none");
  };
  EXPECT_EQ(field([](auto& o) { o.max_batch_events = 0; }), "max_batch_events");
  EXPECT_EQ(field([](auto& o) { o.max_batch_bytes = 8 << 20; }),
            "max_batch_bytes");
  EXPECT_EQ(field([](auto& o) { o.max_delay = milliseconds(0); }), "max_delay");
  EXPECT_EQ(field([](auto& o) { o.max_buffered_events = 10; }),
            "max_buffered_events");
  EXPECT_EQ(field([](auto& o) { o.max_buffered_bytes = 10; }),
            "max_buffered_bytes");
  EXPECT_EQ(field([](auto& o) { o.max_in_flight = 65; }), "max_in_flight");
  EXPECT_EQ(field([](auto& o) { o.batch_timeout = hours(25); }),
            "batch_timeout");
  EXPECT_EQ(field([](auto& o) { o.shutdown_timeout = hours(2); }),
            "shutdown_timeout");
  BatchingOptions bad;
  bad.max_in_flight = 0;
  BatchingForwarder forwarder(Client(std::make_shared<FakeConnection>()), bad);
  EXPECT_EQ(forwarder.Add(v1::SendGridEvent())->reason, "BAD_OPTION");
}

}  // namespace
}  // namespace segrid

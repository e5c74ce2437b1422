// A client whose server stands still, or is away.
//
// SEGRID_OUTAGE_SECONDS: how long the server is away (default 3; full size 60).

#include <chrono>
#include <fstream>
#include <future>
#include <string>

#include "absl/time/clock.h"
#include "client/batching_forwarder.h"
#include "client/client.h"
#include "gtest/gtest.h"
#include "tests/client/live/fleet.h"

namespace segrid {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Of this process, in bytes.
std::int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t size = 0;
  std::int64_t resident = 0;
  file >> size >> resident;
  return resident * 4096;
}

TEST(StoppedServer, EndsCallsAtTheirDeadline) {
  tests::FleetServer server;
  const auto client = Client::Connect({.address = server.address()});
  ASSERT_TRUE(client.ok());
  ASSERT_TRUE(client->Forward(tests::FleetEvents("before", 1)).ok());
  server.Freeze();
  const absl::Time begin = absl::Now();
  const auto answer = client->Forward(tests::FleetEvents("during", 1),
                                      {.call = {.timeout = seconds(1)}});
  const absl::Duration took = absl::Now() - begin;
  server.Thaw();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_GE(took, absl::Milliseconds(950));
  EXPECT_LE(took, absl::Milliseconds(1'500));
  EXPECT_TRUE(client->Forward(tests::FleetEvents("after", 1)).ok());
}

TEST(StoppedServer, IsPassedByWhenThereIsAnother) {
  tests::FleetServer servers[2];
  const auto client = Client::Connect(
      {.address = servers[0].address() + "," + servers[1].address(),
       .retry = {.attempt_timeout = milliseconds(300)}});
  ASSERT_TRUE(client.ok());
  ASSERT_TRUE(client->Forward(tests::FleetEvents("before", 1)).ok());
  servers[0].Freeze();
  for (int i = 0; i < 4; ++i) {
    const auto answer =
        client->Forward(tests::FleetEvents("during-" + std::to_string(i), 1));
    EXPECT_TRUE(answer.ok()) << answer.error();
  }
  servers[0].Thaw();
}

// All of the test's events would take twice as much.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::int64_t kMaxGrownBytes = 128 << 20;  // Surrounds each object.
#else
constexpr std::int64_t kMaxGrownBytes = 64 << 20;
#endif

TEST(StoppedServer, DoesNotFillTheMemoryOfAForwarder) {
  tests::FleetServer server;
  const auto client = Client::Connect({.address = server.address()});
  ASSERT_TRUE(client.ok());
  ASSERT_TRUE(client->Forward(tests::FleetEvents("before", 1)).ok());
  server.Freeze();
  BatchingForwarder forwarder(*client, {.max_buffered_events = 20'000,
                                        .max_buffered_bytes = 8 << 20,
                                        .when_full = WhenFull::kFail,
                                        .batch_timeout = milliseconds(500)});
  v1::SendGridEvent event;
  event.set_event("open");
  event.set_email("ada@example.com");
  event.set_timestamp(1'591'726'752);
  event.set_url(std::string(300, 'u'));
  const std::int64_t before = ResidentBytes();
  std::int64_t refused = 0;
  constexpr std::int64_t kAdds = 300'000;
  for (std::int64_t i = 0; i < kAdds; ++i) {
    event.set_sg_event_id(std::to_string(i));
    if (forwarder.Add(event).has_value()) ++refused;
  }
  const std::int64_t grown = ResidentBytes() - before;
  const BatchingStats stats = forwarder.stats();
  EXPECT_GT(refused, 0);
  EXPECT_EQ(stats.refused_count, refused);
  EXPECT_EQ(stats.added_count, kAdds - refused);
  EXPECT_LE(stats.buffered_count, 20'000);
  EXPECT_LE(stats.buffered_bytes, 8 << 20);
  EXPECT_LE(grown, kMaxGrownBytes);
  forwarder.Shutdown(milliseconds(100));
  const BatchingStats after = forwarder.stats();
  EXPECT_EQ(after.added_count, after.accepted_count + after.failed_count);
  server.Thaw();
}

TEST(AbsentServer, IsUsedWithin2SecondsOnceItIsBack) {
  const int outage = tests::NumberFromEnvironment("SEGRID_OUTAGE_SECONDS", 3);
  tests::FleetServer server;
  const auto client = Client::Connect({.address = server.address()});
  ASSERT_TRUE(client.ok());
  ASSERT_TRUE(client->Forward(tests::FleetEvents("before", 1)).ok());
  server.Kill();
  // A call that waits all the while.
  auto waiting = std::async(std::launch::async, [&] {
    const auto answer =
        client->Forward(tests::FleetEvents("waiting", 1),
                        {.call = {.timeout = seconds(outage) + seconds(20)}});
    EXPECT_TRUE(answer.ok()) << answer.error();
    return absl::Now();
  });
  tests::PassTime(absl::Seconds(outage));
  server.Start();
  const absl::Time back = absl::Now();
  const auto answer = client->Forward(tests::FleetEvents("after", 1));
  EXPECT_TRUE(answer.ok()) << answer.error();
  EXPECT_LE(absl::Now() - back, absl::Seconds(2));
  EXPECT_LE(waiting.get() - back, absl::Seconds(2));
}

}  // namespace
}  // namespace segrid

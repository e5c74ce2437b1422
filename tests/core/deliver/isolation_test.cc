// A source in trouble is nobody else's trouble, and costs nothing.

#include <ctime>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/deliver/simulated_delivery.h"

namespace segrid::deliver {
namespace {

using testing::Reply;

// Seconds that each message of "good" needs while "bad" answers `reply`.
std::vector<double> LatenciesBeside(const Reply& reply) {
  SimulatedDelivery delivery;
  NotingServer bad(delivery, [&](const Arrival&) { return reply; });
  NotingServer good(delivery);
  delivery.AddSource(bad, {.name = "bad"},
                     {.request_timeout = absl::Milliseconds(200)});
  delivery.AddSource(good, {.name = "good"});
  delivery.Start();
  std::vector<double> latencies;
  for (int i = 0; i < 20; ++i) {
    delivery.Append(3, 3 * i, "", "bad");
    const double begin = delivery.Seconds();
    delivery.Append(1, i, "", "good");
    delivery.executor.Advance(absl::Seconds(1));
    latencies.push_back(good.arrivals().at(static_cast<std::size_t>(i)).at -
                        begin);
  }
  return latencies;
}

TEST(Isolation, AnotherSourcesLatencyDoesNotChange) {
  const std::vector<double> alone = LatenciesBeside({});
  EXPECT_THAT(alone, ::testing::Each(::testing::DoubleNear(0.05, 0.001)));
  const std::vector<Reply> troubles = {
      {.status = 429, .headers = {{"Retry-After", "5"}}},
      {.status = 503},
      {.status = 401},
      {.status = 400},
      {.kind = Reply::Kind::kHang},
      {.kind = Reply::Kind::kClose},
  };
  for (const Reply& trouble : troubles) {
    EXPECT_THAT(LatenciesBeside(trouble),
                ::testing::Pointwise(::testing::DoubleNear(0.001), alone))
        << trouble.status;
  }
}

TEST(Isolation, ASourceThatWaitsDoesNothing) {
  const std::vector<std::pair<Reply, std::int64_t>> waits = {
      // At most one attempt in the time below.
      {{.status = 429, .headers = {{"Retry-After", "300"}}}, 40},
      {{.status = 401}, 40},
  };
  for (const auto& [reply, max_tasks] : waits) {
    SimulatedDelivery delivery;
    NotingServer server(delivery, [&](const Arrival&) { return reply; });
    delivery.Append(10'000);
    delivery.AddSource(server, {.name = "prod"});
    delivery.Start();
    delivery.executor.Advance(absl::Minutes(20));
    const std::int64_t before = delivery.executor.tasks_run();
    const std::size_t posts = server.arrivals().size();
    delivery.executor.Advance(absl::Minutes(4));
    EXPECT_LE(server.arrivals().size() - posts, 1u);
    EXPECT_LE(delivery.executor.tasks_run() - before, max_tasks);
  }
}

// In real time: another source goes on while one hangs, with one thread for
// both.
TEST(Isolation, AHangingSourceHoldsNoThread) {
  base::SystemClock clock;
  const auto pool = *pool::ThreadPool::Create(1);
  queue::memory::MemoryQueue queue({}, clock);
  testing::QueueCalls calls(queue);
  testing::ScriptedServer hanging(
      [](const testing::Seen&) { return Reply{.kind = Reply::Kind::kHang}; });
  testing::ScriptedServer good;
  std::vector<Source> sources;
  for (auto* server : {&hanging, &good}) {
    Source& source = sources.emplace_back();
    source.name = server == &good ? "good" : "hanging";
    source.receiver =
        receivers::segment::SegmentReceiver::Create(
            {.endpoint = server->url(), .tls = {.ca_file = server->ca_file()}},
            pool->io(), clock)
            .value();
  }
  Deliverer deliverer({clock, queue, *pool, retry::UniformJitter()},
                      {.linger = absl::Milliseconds(1)}, std::move(sources));
  deliverer.Start();
  calls.Append("hanging", Ids(10));
  std::clock_t cpu = std::clock();
  for (int i = 0; i < 20; ++i) {
    const queue::Ticket ticket = calls.Append("good", Ids(1, i)).ticket;
    absl::Notification done;
    deliverer.NotifySettled("good", ticket, absl::InfiniteFuture(),
                            [&](const absl::StatusOr<SettledCounts>& counts) {
                              EXPECT_EQ(counts->delivered, 1);
                              done.Notify();
                            });
    ASSERT_TRUE(done.WaitForNotificationWithTimeout(absl::Seconds(10)));
  }
  cpu = std::clock() - cpu;
  EXPECT_EQ(calls.Stats("hanging").pending, 10);
  EXPECT_LT(cpu, 5 * CLOCKS_PER_SEC);
  pool->Stop();
}

}  // namespace
}  // namespace segrid::deliver

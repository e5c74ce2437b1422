// Half an hour without the receiver, of each kind: nothing lost, and no rush
// when it is back.

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/deliver/simulated_delivery.h"

namespace segrid::deliver {
namespace {

using testing::Reply;
using Kind = Reply::Kind;

struct Outage {
  std::string name;
  Reply reply;
  std::size_t max_posts;  // In half an hour.
};

// Half an hour of back-off is 8 attempts up to 30 s, then one each 30 s.
constexpr std::size_t kBackedOff = 70;

std::vector<Outage> Outages() {
  return {
      {"503", {.status = 503}, kBackedOff},
      {"500", {.status = 500}, kBackedOff},
      {"429", {.status = 429}, kBackedOff},
      {"408", {.status = 408}, kBackedOff},
      {"429 for 45 s", {.status = 429, .headers = {{"Retry-After", "45"}}}, 41},
      {"503 for 400 s",
       {.status = 503, .headers = {{"Retry-After", "400"}}},
       7},
      // A probe for each minute in which something came.
      {"401", {.status = 401}, 33},
      {"404", {.status = 404}, 33},
      {"400", {.status = 400}, 33 + 16},
      {"closes", {.kind = Kind::kClose}, kBackedOff},
      {"half an answer", {.kind = Kind::kPartial}, kBackedOff},
      {"no HTTP", {.kind = Kind::kGarbage}, kBackedOff},
      // Each attempt takes 15 s besides.
      {"hangs", {.kind = Kind::kHang}, 45},
  };
}

constexpr int kPerMinute = 5;
constexpr int kMinutes = 30;

// A source whose requests take 15 s when nobody answers: of simulated time.
void AddHangingSource(SimulatedDelivery& delivery, NotingServer& server) {
  delivery.SetHang(absl::Seconds(15));
  delivery.AddSource(server, {.name = "prod", .max_in_flight = 1},
                     {.request_timeout = absl::Milliseconds(200)});
}

// Lives through one outage; checks what holds for any number in flight.
void ExpectNoLoss(const Outage& outage, std::int32_t max_in_flight) {
  SCOPED_TRACE(outage.name);
  SimulatedDelivery delivery;
  std::atomic<bool> down = false;
  NotingServer server(
      delivery, [&](const Arrival&) { return down ? outage.reply : Reply(); });
  if (outage.reply.kind == Kind::kHang) {
    AddHangingSource(delivery, server);
  } else {
    delivery.AddSource(server,
                       {.name = "prod", .max_in_flight = max_in_flight});
  }
  delivery.Start();
  int appended = 0;
  const auto append = [&](int count) {
    delivery.Append(count, appended);
    appended += count;
  };
  append(10);
  delivery.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(server.taken().size(), 10u);

  down = true;
  const std::size_t before = server.arrivals().size();
  for (int minute = 0; minute < kMinutes; ++minute) {
    append(kPerMinute);
    delivery.executor.Advance(absl::Minutes(1));
    const queue::LaneStats stats = delivery.calls.Stats("prod");
    ASSERT_EQ(stats.accepted, stats.delivered + stats.pending);
  }
  const std::size_t during = server.arrivals().size() - before;
  EXPECT_GE(during, 3u);
  EXPECT_LE(during, outage.max_posts);
  EXPECT_EQ(delivery.calls.Stats("prod").delivered, 10);

  down = false;
  append(1);
  delivery.executor.Advance(absl::Minutes(16));
  EXPECT_EQ(delivery.calls.Stats("prod").delivered, appended);
  EXPECT_EQ(delivery.calls.Stats("prod").dead_letters, 0);
  EXPECT_EQ(delivery.status().state, SourceState::kRunning);
  std::vector<std::string> taken = server.taken();
  EXPECT_THAT(taken, ::testing::UnorderedElementsAreArray(Ids(appended)))
      << "each once";
  // Probes are not in order: each is of the next message.
  const bool held = outage.reply.status / 100 == 4 &&
                    outage.reply.status != 408 && outage.reply.status != 429;
  if (max_in_flight == 1 && !held) {
    EXPECT_EQ(taken, Ids(appended)) << "in order";
  }
  const auto arrivals = server.arrivals();
  EXPECT_LE(arrivals.size() - before - during, held ? 60u : 4u)
      << "the backlog, batched; suspects alone";
  for (const Arrival& arrival : arrivals) {
    EXPECT_NEAR(arrival.sent_at, arrival.at, 0.001);
  }
}

TEST(Outage, OfEachKindLosesNothingAndDrainsInOrder) {
  for (const Outage& outage : Outages()) ExpectNoLoss(outage, 1);
}

TEST(Outage, WithSeveralInFlightLosesNothing) {
  for (const Outage& outage : Outages()) {
    if (outage.reply.kind != Kind::kHang)
      ExpectNoLoss(outage, 4);  // It takes long.
  }
}

TEST(Outage, OfAllKindsInTurnLosesNothing) {
  SimulatedDelivery delivery;
  const std::vector<Outage> outages = Outages();
  std::atomic<std::size_t> turn = 0;
  NotingServer server(delivery, [&](const Arrival&) {
    const std::size_t now = turn;
    return now < outages.size() ? outages[now].reply : Reply();
  });
  delivery.Append(100);
  AddHangingSource(delivery, server);
  delivery.Start();
  for (; turn < outages.size(); ++turn) {
    delivery.executor.Advance(absl::Minutes(30) / outages.size());
  }
  EXPECT_EQ(delivery.calls.Stats("prod").pending, 100);
  delivery.executor.Advance(absl::Minutes(16));
  EXPECT_THAT(server.taken(), ::testing::UnorderedElementsAreArray(Ids(100)));
}

TEST(Outage, IsFollowedByOneTryAndThenByNoMoreThanAllowed) {
  SimulatedDelivery delivery;
  std::atomic<bool> down = true;
  NotingServer server(delivery, [&](const Arrival&) {
    return Reply{.status = down ? 503 : 200};
  });
  // 40 full batches are waiting.
  delivery.Append(100'000);
  delivery.AddSource(
      server, {.name = "prod", .requests_per_second = 10, .max_in_flight = 4});
  delivery.Start();
  delivery.executor.Advance(absl::Minutes(30));
  const std::size_t before = server.arrivals().size();
  EXPECT_LE(before, kBackedOff + 4);
  down = false;
  delivery.executor.Advance(absl::Minutes(2));
  EXPECT_EQ(delivery.calls.Stats("prod").delivered, 100'000);
  const auto arrivals = server.arrivals();
  EXPECT_EQ(arrivals.size() - before, 40u);
  // The rate holds from the first second on.
  for (std::size_t i = before; i + 11 < arrivals.size(); ++i) {
    EXPECT_GE(arrivals[i + 11].at - arrivals[i].at, 0.99);
  }
  EXPECT_EQ(arrivals[before].ids, Ids(2'500)) << "the oldest first";
  std::vector<std::string> taken = server.taken();
  std::sort(taken.begin(), taken.end());
  std::vector<std::string> all = Ids(100'000);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(taken, all);
}

// Sources that fail together do not come back together.
TEST(Outage, OfManySourcesEndsSpreadOut) {
  SimulatedDelivery delivery;
  std::atomic<bool> down = true;
  NotingServer server(delivery, [&](const Arrival&) {
    return Reply{.status = down ? 503 : 200};
  });
  constexpr int kSources = 20;
  for (int i = 0; i < kSources; ++i) {
    const std::string name = absl::StrCat("s", i);
    delivery.AddSource(server, {.name = name});
    delivery.Append(1, i, "", name);
  }
  delivery.SetJitter(retry::UniformJitter());
  delivery.Start();
  delivery.executor.Advance(absl::Minutes(30));
  down = false;
  const std::size_t before = server.arrivals().size();
  delivery.executor.Advance(absl::Minutes(2));
  const auto arrivals = server.arrivals();
  ASSERT_EQ(arrivals.size() - before, std::size_t{kSources});
  std::vector<double> seconds;
  for (std::size_t i = before; i < arrivals.size(); ++i) {
    seconds.push_back(arrivals[i].at);
  }
  std::sort(seconds.begin(), seconds.end());
  // Drawn from a minute each; all within ten seconds: less than once in 10^10.
  EXPECT_GT(seconds.back() - seconds.front(), 10);
}

}  // namespace
}  // namespace segrid::deliver

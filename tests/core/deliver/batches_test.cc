// What batches hold, seen at an HTTPS server.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/deliver/simulated_delivery.h"

namespace segrid::deliver {
namespace {

using testing::Reply;

bool Holds(const Arrival& arrival, const std::string& id) {
  return std::find(arrival.ids.begin(), arrival.ids.end(), id) !=
         arrival.ids.end();
}

TEST(Batches, StayBelowTheLimitsOfBytes) {
  SimulatedDelivery delivery;
  NotingServer server(delivery);
  delivery.Append(3'000, 0,
                  absl::StrCat(",\"x\":\"", std::string(1'000, 'x'), "\""));
  delivery.AddSource(server, {.name = "prod", .max_in_flight = 1});
  delivery.Start();
  delivery.executor.Advance(absl::Seconds(10));
  EXPECT_EQ(server.taken(), Ids(3'000));
  const auto arrivals = server.arrivals();
  ASSERT_EQ(arrivals.size(), 7u);
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    EXPECT_LE(arrivals[i].body_bytes, 475'000u);
    if (i + 1 < arrivals.size()) {
      EXPECT_GT(arrivals[i].body_bytes, 473'000u);
    }
  }
}

TEST(Batches, StayBelowTheLimitOfMessages) {
  SimulatedDelivery delivery;
  NotingServer server(delivery);
  delivery.Append(6'000);
  delivery.AddSource(server, {.name = "prod", .max_in_flight = 1});
  delivery.Start();
  delivery.executor.Advance(absl::Seconds(10));
  std::vector<std::size_t> sizes;
  for (const Arrival& arrival : server.arrivals()) {
    sizes.push_back(arrival.ids.size());
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{2'500, 2'500, 1'000}));
  EXPECT_EQ(server.taken(), Ids(6'000));
}

TEST(Batches, GatherForTheLinger) {
  SimulatedDelivery delivery;
  NotingServer server(delivery);
  delivery.AddSource(server, {.name = "prod"});
  delivery.Start();
  for (int i = 0; i < 10; ++i) {
    delivery.Append(1, i);
    delivery.executor.Advance(absl::Milliseconds(4));
  }
  EXPECT_TRUE(server.arrivals().empty());
  delivery.executor.Advance(absl::Milliseconds(10));
  const auto arrivals = server.arrivals();
  ASSERT_EQ(arrivals.size(), 1u);
  EXPECT_EQ(arrivals.at(0).ids, Ids(10));
  EXPECT_NEAR(arrivals.at(0).at, 0.05, 0.001);
}

// 2,499 good messages and one bad one, wherever it is.
TEST(Batches, ABadMessageIsFoundInFewPostsAndItsNeighboursGoOnce) {
  const auto max_posts =
      static_cast<std::size_t>(2 * std::ceil(std::log2(2'500)) + 3);
  for (const int bad : {0, 1, 624, 1'249, 1'250, 1'777, 2'498, 2'499}) {
    for (const int status : {400, 413}) {
      SimulatedDelivery delivery;
      const std::string id = absl::StrCat("m", bad);
      NotingServer server(delivery, [&](const Arrival& arrival) {
        return Reply{.status = Holds(arrival, id) ? status : 200,
                     .body = "sorry"};
      });
      delivery.Append(2'500);
      delivery.AddSource(server, {.name = "prod"});
      delivery.Start();
      delivery.executor.Advance(absl::Minutes(1));
      std::vector<std::string> good = Ids(2'500);
      good.erase(good.begin() + bad);
      std::vector<std::string> taken = server.taken();
      std::sort(taken.begin(), taken.end());
      std::sort(good.begin(), good.end());
      EXPECT_EQ(taken, good);
      EXPECT_LE(server.arrivals().size(), max_posts) << status << " " << bad;
      // Too large and the last of its batch: nothing was taken since.
      delivery.Append(1, 2'500);
      delivery.executor.Advance(absl::Seconds(1));
      const auto page =
          delivery.queue.ListDeadLetters({.filter = {.lane = "prod"}});
      ASSERT_EQ(page->dead_letters.size(), 1u);
      EXPECT_EQ(page->dead_letters.at(0).message_id, id);
      EXPECT_EQ(page->dead_letters.at(0).reason,
                status == 400 ? "BAD_MESSAGE" : "TOO_LARGE");
      EXPECT_EQ(page->dead_letters.at(0).answer,
                absl::StrCat("HTTP ", status, ": sorry"));
    }
  }
}

TEST(Batches, SeveralBadMessagesAreFoundToo) {
  SimulatedDelivery delivery;
  const std::vector<std::string> bad = {"m0", "m1", "m700", "m1300", "m2499"};
  NotingServer server(delivery, [&](const Arrival& arrival) {
    const bool refused =
        std::any_of(bad.begin(), bad.end(),
                    [&](const auto& id) { return Holds(arrival, id); });
    return Reply{.status = refused ? 400 : 200};
  });
  delivery.Append(2'500);
  delivery.AddSource(server, {.name = "prod"});
  delivery.Start();
  delivery.executor.Advance(absl::Minutes(1));
  delivery.Append(1, 2'500);  // The proof against the last one.
  delivery.executor.Advance(absl::Minutes(1));
  EXPECT_EQ(server.taken().size(), 2'496u);
  EXPECT_EQ(delivery.calls.Stats("prod").delivered, 2'496);
  EXPECT_EQ(delivery.calls.Stats("prod").dead, 5);
}

TEST(Batches, AMessageGoesOnceWithinTheWindowAndAgainAfterIt) {
  SimulatedDelivery delivery;
  NotingServer server(delivery);
  delivery.AddSource(server, {.name = "prod"});
  delivery.Start();
  for (int copy = 0; copy < 46; ++copy) {
    const queue::LaneAppend lane = delivery.Append(3);
    EXPECT_EQ(lane.accepted, copy == 0 ? 3 : 0);
    delivery.executor.Advance(absl::Minutes(30));
  }
  EXPECT_EQ(server.taken(), Ids(3));
  delivery.executor.Advance(absl::Hours(24));
  delivery.Append(3);
  delivery.executor.Advance(absl::Minutes(1));
  EXPECT_EQ(server.taken().size(), 6u);
}

TEST(Batches, AReplayedDeadLetterKeepsItsMessageId) {
  SimulatedDelivery delivery;
  std::atomic<bool> fixed = false;
  NotingServer server(delivery, [&](const Arrival& arrival) {
    return Reply{.status = !fixed && Holds(arrival, "m1") ? 400 : 200};
  });
  delivery.Append(3);
  delivery.AddSource(server, {.name = "prod"});
  delivery.Start();
  delivery.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(delivery.calls.Stats("prod").dead, 1);
  fixed = true;
  EXPECT_EQ(*delivery.queue.ReplayDeadLetters({.lane = "prod"}), 1);
  delivery.executor.Advance(absl::Seconds(1));
  EXPECT_EQ(server.taken().back(), "m1");
  EXPECT_EQ(server.arrivals().back().retry_count, "");
  EXPECT_EQ(delivery.calls.Stats("prod").delivered, 3);
}

TEST(Batches, ExpireAtTheirAgeWithTheLastAnswer) {
  SimulatedDelivery delivery;
  NotingServer server(delivery, [](const Arrival&) {
    return Reply{.status = 503, .body = "down"};
  });
  delivery.Append(2);
  delivery.AddSource(server, {.name = "prod", .max_age = absl::Hours(2)});
  delivery.Start();
  delivery.executor.Advance(absl::Minutes(119));
  EXPECT_EQ(delivery.calls.Stats("prod").pending, 2);
  delivery.executor.Advance(absl::Minutes(3));
  EXPECT_EQ(delivery.calls.Stats("prod").expired, 2);
  const auto page =
      delivery.queue.ListDeadLetters({.filter = {.lane = "prod"}});
  ASSERT_EQ(page->dead_letters.size(), 2u);
  EXPECT_EQ(page->dead_letters.at(0).reason, "EXPIRED");
  EXPECT_EQ(page->dead_letters.at(0).answer, "HTTP 503: down");
}

}  // namespace
}  // namespace segrid::deliver

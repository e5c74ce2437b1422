// Every row of delivery.md's table of answers, seen by what arrives at an HTTPS
// server afterwards, and when.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/deliver/simulated_delivery.h"

namespace segrid::deliver {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Reply;

// What follows the answer to the first post of m0 and m1. The next ones are
// answered with 200.
struct Row {
  std::string name;
  Reply first;
  // One post after the other: seconds, X-Retry-Count, messages.
  struct Post {
    double at;
    std::string retry_count;
    std::size_t messages;
  };
  std::vector<Post> posts;
  SourceState meanwhile = SourceState::kRunning;
};

using Kind = Reply::Kind;

Row Taken(int status) {
  return {absl::StrCat(status), {.status = status}, {{0, "", 2}}};
}
Row Split(int status) {
  return {absl::StrCat(status),
          {.status = status},
          {{0, "", 2}, {0, "1", 1}, {0, "1", 1}}};
}
// Half of the first bound, 0.5 s.
Row Retried(const std::string& name, Reply reply) {
  return {name,
          std::move(reply),
          {{0, "", 2}, {0.25, "1", 2}},
          SourceState::kBackingOff};
}
// A probe, then the rest.
Row Misconfigured(int status) {
  return {absl::StrCat(status),
          {.status = status,
           .headers = {{"Retry-After", "5"}, {"Location", "/elsewhere"}}},
          {{0, "", 2}, {60, "1", 1}, {60, "1", 1}},
          SourceState::kMisconfigured};
}
// One message without compression passes, and then all do.
Row Plain(int status) {
  return {absl::StrCat(status),
          {.status = status},
          {{0, "", 2}, {0, "1", 1}, {0, "1", 1}}};
}
// A web page in place of an answer.
Row Page() {
  Row row = Misconfigured(200);
  row.first = {.headers = {{"Content-Type", "text/html; charset=utf-8"}},
               .body = "<!DOCTYPE html><title>Sign in</title>"};
  return row;
}
// As long as Retry-After says, which is no attempt.
Row Waits(int status, const std::string& retry_after, double seconds) {
  return {absl::StrCat(status, " ", retry_after),
          {.status = status, .headers = {{"Retry-After", retry_after}}},
          {{0, "", 2}, {seconds, "", 2}},
          SourceState::kRateLimited};
}

std::vector<Row> Rows() {
  std::vector<Row> rows;
  for (const int status : {200, 201, 202, 204}) rows.push_back(Taken(status));
  for (const int status : {400, 413, 422}) rows.push_back(Split(status));
  for (const int status :
       {300, 301, 302, 303, 304, 307, 308, 401, 402, 403, 404, 405,
        406, 409, 411, 418, 426, 431, 451, 499, 501, 505, 511}) {
    rows.push_back(Misconfigured(status));
  }
  rows.push_back(Plain(415));
  rows.push_back(Page());
  for (const int status : {408, 410, 421, 425, 460}) {
    rows.push_back(
        Retried(absl::StrCat(status),
                {.status = status, .headers = {{"Retry-After", "100"}}}));
  }
  for (const int status : {429, 500, 502, 503, 504, 507, 508, 520, 529, 599}) {
    rows.push_back(Retried(absl::StrCat(status), {.status = status}));
    rows.push_back(Waits(status, "7", 7));
  }
  for (const int status : {429, 503}) {
    rows.push_back(Waits(status, "Thu, 01 Jan 2026 00:01:30 GMT", 90));
    rows.push_back(Waits(status, "1000", 300));
    rows.push_back(Waits(status, "2.01", 3));
    rows.push_back(
        Retried(absl::StrCat(status, " nonsense"),
                {.status = status, .headers = {{"Retry-After", "soon"}}}));
  }
  rows.push_back(Retried("closed", {.kind = Kind::kClose}));
  rows.push_back(Retried("half a 200", {.kind = Kind::kPartial}));
  rows.push_back(Retried("no HTTP", {.kind = Kind::kGarbage}));
  rows.push_back(Retried("hangs", {.kind = Kind::kHang}));
  return rows;
}

void ExpectBehaviour(const Row& row) {
  SCOPED_TRACE(row.name);
  SimulatedDelivery delivery;
  int answered = 0;
  NotingServer server(delivery, [&](const Arrival&) {
    return answered++ == 0 ? row.first : Reply();
  });
  delivery.Append(2);
  delivery.AddSource(server, {.name = "prod"},
                     {.request_timeout = absl::Milliseconds(200)});
  delivery.Start();
  EXPECT_EQ(delivery.status().state, row.meanwhile);
  EXPECT_EQ(delivery.status().detail.empty(),
            row.meanwhile == SourceState::kRunning);
  const bool retried = row.meanwhile != SourceState::kRunning;
  EXPECT_EQ(delivery.calls.Stats("prod").pending, retried ? 2 : 0);

  delivery.executor.Advance(absl::Hours(1));
  const auto arrivals = server.arrivals();
  ASSERT_EQ(arrivals.size(), row.posts.size());
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    EXPECT_NEAR(arrivals[i].at, row.posts[i].at, 0.001);
    EXPECT_NEAR(arrivals[i].sent_at, arrivals[i].at, 0.001);
    EXPECT_EQ(arrivals[i].retry_count, row.posts[i].retry_count);
    EXPECT_EQ(arrivals[i].ids.size(), row.posts[i].messages);
    const bool fresh =
        row.first.kind != Kind::kAnswer ||
        (row.meanwhile == SourceState::kBackingOff && row.first.status < 429) ||
        row.first.status == 460;
    if (fresh && i > 0) {
      EXPECT_NE(arrivals[i].connection, arrivals[i - 1].connection);
    }
  }
  const queue::LaneStats stats = delivery.calls.Stats("prod");
  EXPECT_EQ(stats.delivered, 2);
  EXPECT_EQ(stats.dead_letters, 0);
  // A page's 200 has taken nothing.
  std::vector<std::string> taken = server.taken();
  if (!row.first.headers.empty() && row.first.status == 200) {
    taken.erase(taken.begin(), taken.begin() + 2);
  }
  EXPECT_EQ(taken, Ids(2));
  EXPECT_EQ(delivery.status().state, SourceState::kRunning);
}

TEST(AnswerTable, EachAnswerHasItsBehaviour) {
  for (const Row& row : Rows()) ExpectBehaviour(row);
}

TEST(AnswerTable, AFailedHandshakeIsRetriedAndSaysSo) {
  SimulatedDelivery delivery;
  NotingServer server(delivery);
  NotingServer stranger(delivery);
  delivery.Append(2);
  delivery.AddSource(server, {.name = "prod"},
                     {.tls = {.ca_file = stranger.server().ca_file()}});
  delivery.Start();
  delivery.executor.Advance(absl::Minutes(10));
  EXPECT_EQ(delivery.status().state, SourceState::kBackingOff);
  EXPECT_THAT(delivery.status().detail, HasSubstr("TLS"));
  EXPECT_THAT(server.arrivals(), IsEmpty());
  EXPECT_EQ(delivery.calls.Stats("prod").pending, 2);
  EXPECT_GT(delivery.status().failed_attempts, 10);
}

TEST(AnswerTable, BackOffGrowsToItsCapAndStartsAgainAfterSuccess) {
  SimulatedDelivery delivery;
  bool down = true;
  NotingServer server(delivery, [&](const Arrival&) {
    return Reply{.status = down ? 503 : 200};
  });
  delivery.Append(1);
  delivery.AddSource(server, {.name = "prod"});
  delivery.Start();
  delivery.executor.Advance(absl::Minutes(3));
  std::vector<double> waits;
  for (std::size_t i = 1; i < server.arrivals().size(); ++i) {
    waits.push_back(server.arrivals()[i].at - server.arrivals()[i - 1].at);
  }
  // Half of 0.5, 1, 2, … 60.
  const std::vector<double> expected = {0.25, 0.5, 1,  2,  4, 8,
                                        16,   30,  30, 30, 30};
  EXPECT_THAT(waits,
              ::testing::Pointwise(::testing::DoubleNear(0.001), expected));
  down = false;
  delivery.executor.Advance(absl::Minutes(1));
  down = true;
  delivery.Append(1, 1);
  const std::size_t before = server.arrivals().size();
  delivery.executor.Advance(absl::Seconds(1));
  const auto arrivals = server.arrivals();
  ASSERT_GE(arrivals.size(), before + 2);
  EXPECT_EQ(arrivals[before].retry_count, "");
  EXPECT_NEAR(arrivals[before + 1].at - arrivals[before].at, 0.25, 0.001);
}

TEST(AnswerTable, MisconfiguredWaitsGrowToAQuarterOfAnHour) {
  SimulatedDelivery delivery;
  NotingServer server(delivery,
                      [](const Arrival&) { return Reply{.status = 401}; });
  delivery.Append(1);
  delivery.AddSource(server, {.name = "prod"});
  delivery.Start();
  delivery.executor.Advance(absl::Hours(1));
  std::vector<double> times;
  for (const Arrival& arrival : server.arrivals()) times.push_back(arrival.at);
  const std::vector<double> expected = {0, 60, 180, 420, 900, 1800, 2700, 3600};
  EXPECT_THAT(times,
              ::testing::Pointwise(::testing::DoubleNear(0.001), expected));
  EXPECT_EQ(delivery.calls.Stats("prod").pending, 1);
}

}  // namespace
}  // namespace segrid::deliver

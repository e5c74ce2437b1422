// Bytes that nobody asked for never become the response to the next request.

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "tests/core/http/caller.h"

namespace segrid::http {
namespace {

using testing::RawResponse;
using testing::RawWrite;
using testing::Reply;
using testing::ScriptedServer;
using testing::Seen;

enum class Way {
  kSameRecord,   // Over TLS; the same write over plain HTTP.
  kNextRecord,   // A second record in the same TCP segment.
  kHalfRecord,   // A record whose end is missing.
  kSecondWrite,  // At once.
  kLaterWrite,   // When the client has its response.
};
constexpr Way kWays[] = {Way::kSameRecord, Way::kNextRecord, Way::kHalfRecord,
                         Way::kSecondWrite, Way::kLaterWrite};
constexpr int kStrayStatuses[] = {503, 400, 200, 100};

// Where a later write waits for the client, and the client's next request for
// the write: what arrives after a request was sent is its response in HTTP/1.1.
struct Meeting {
  absl::Notification answered;
  absl::Notification written;
};

std::vector<RawWrite> WithStray(const std::string& own,
                                const std::string& stray, Way way,
                                const std::shared_ptr<Meeting>& meeting) {
  switch (way) {
    case Way::kSameRecord:
      return {{.records = {own + stray}}};
    case Way::kNextRecord:
      return {{.records = {own, stray}}};
    case Way::kHalfRecord:
      return {{.records = {own},
               .below_tls = std::string("\x17\x03\x03\x00\x40", 5) + "half"}};
    case Way::kSecondWrite:
      return {{.records = {own}}, {.records = {stray}, .after = [meeting] {
                                     meeting->written.Notify();
                                   }}};
    case Way::kLaterWrite:
      return {{.records = {own}},
              {.records = {stray},
               .before = [meeting] { meeting->answered.WaitForNotification(); },
               .after = [meeting] { meeting->written.Notify(); }}};
  }
  return {};
}

int Trials() {
  const char* const given = std::getenv("SEGRID_STRAY_TRIALS");
  int trials = 500;
  return given != nullptr && absl::SimpleAtoi(given, &trials) ? trials : 500;
}

// Each request of odd number is refused, the others are taken; a stray answer
// that says something else is behind each.
void ExpectOwnAnswers(bool tls) {
  std::shared_ptr<Meeting> meeting;
  int trial = 0;
  ScriptedServer server(
      [&](const Seen& seen) {
        const Way way = kWays[trial % std::size(kWays)];
        const int stray = kStrayStatuses[trial / std::size(kWays) %
                                         std::size(kStrayStatuses)];
        const int own = trial % 2 == 0 ? 200 : 503;
        return Reply{
            .kind = Reply::Kind::kRaw,
            .writes = WithStray(RawResponse(own, seen.body),
                                RawResponse(stray, "stray"), way, meeting)};
      },
      {.tls = tls});
  Caller caller(server);
  const int trials = Trials();
  for (; trial < trials; ++trial) {
    meeting = std::make_shared<Meeting>();
    const std::string body = absl::StrCat("trial ", trial);
    const auto response = caller.Post(body);
    meeting->answered.Notify();
    ASSERT_TRUE(response.ok()) << body << ": " << response.status();
    EXPECT_EQ(response->body, body);
    EXPECT_EQ(response->status, trial % 2 == 0 ? 200 : 503) << body;
    const Way way = kWays[trial % std::size(kWays)];
    if (way == Way::kSecondWrite || way == Way::kLaterWrite) {
      meeting->written.WaitForNotification();
    }
  }
  EXPECT_EQ(server.seen().size(), static_cast<std::size_t>(trials));
}

TEST(UnreadAnswer, IsNeverTakenForTheNextRequestsOverTls) {
  ExpectOwnAnswers(true);
}

TEST(UnreadAnswer, IsNeverTakenForTheNextRequestsOverPlainHttp) {
  ExpectOwnAnswers(false);
}

// Writes `first` to the first request and a usual answer to all others.
ScriptedServer::Script AtFirst(RawWrite first) {
  return [first](const Seen& seen) {
    if (seen.body != "first") return Reply();
    return Reply{.kind = Reply::Kind::kRaw, .writes = {first}};
  };
}

TEST(UnreadAnswer, EndsTheConnectionAfterConnectionClose) {
  for (const bool tls : {true, false}) {
    ScriptedServer server(
        AtFirst({.records = {RawResponse(200, "{}", "Connection: close\r\n")}}),
        {.tls = tls});
    Caller caller(server);
    EXPECT_EQ(caller.Post("first").value().status, 200);
    EXPECT_EQ(caller.Post("next").value().status, 200);
    EXPECT_EQ(server.seen().at(1).connection, 2) << "tls: " << tls;
  }
}

TEST(UnreadAnswer, IsWhatABodyOfAnAnswerWithoutOneLeaves) {
  ScriptedServer server(AtFirst(
      {.records = {"HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n", "{}"}}));
  Caller caller(server);
  EXPECT_EQ(caller.Post("first").value().status, 204);
  EXPECT_EQ(caller.Post("next").value().status, 200);
  EXPECT_EQ(server.seen().at(1).connection, 2);
}

TEST(InterimAnswers, AreSkippedUpToEight) {
  const std::string interim = "HTTP/1.1 102 Wait\r\n\r\n";
  for (const bool tls : {true, false}) {
    for (const int count : {1, 8, 9, 100}) {
      SCOPED_TRACE(absl::StrCat(count, tls ? " over TLS" : ""));
      RawWrite write;
      for (int i = 0; i < count; ++i) write.records.push_back(interim);
      write.records.push_back(RawResponse(200));
      ScriptedServer server(AtFirst(write), {.tls = tls});
      Caller caller(server);
      const auto response = caller.Post("first");
      if (count > 8) {
        EXPECT_EQ(base::ReasonOf(response.status()), "BAD_RESPONSE");
      } else {
        EXPECT_EQ(response.value().status, 200);
      }
      EXPECT_TRUE(caller.Post("next").ok());
      EXPECT_EQ(server.seen().at(1).connection, count > 8 ? 2 : 1);
    }
  }
}

TEST(ChunkedAnswer, IsTakenUpToTheLimitAndNotOneByteMore) {
  constexpr int kLimit = 10'000;
  for (const int size : {kLimit - 1, kLimit, kLimit + 1}) {
    for (const int chunk : {size, 1'000}) {
      std::string raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
      for (int left = size; left > 0; left -= chunk) {
        const int part = std::min(left, chunk);
        absl::StrAppend(&raw, absl::Hex(part), "\r\n", std::string(part, 'x'),
                        "\r\n");
      }
      ScriptedServer server(AtFirst({.records = {raw + "0\r\n\r\n"}}));
      Caller caller(server, "localhost", [](ClientOptions& options) {
        options.limits.success_bytes = kLimit;
      });
      const auto response = caller.Post("first");
      SCOPED_TRACE(absl::StrCat(size, " in chunks of ", chunk));
      EXPECT_EQ(base::ReasonOf(response.status()),
                size > kLimit ? "BAD_RESPONSE" : "");
    }
  }
}

}  // namespace
}  // namespace segrid::http

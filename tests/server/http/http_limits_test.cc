// Time-outs, caps, budgets.

#include <sys/resource.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/http/echo_listener.h"
#include "tests/server/http/raw_client.h"

namespace segrid::testing {
namespace {

using httpd::Cut;

std::int64_t CutsOf(EchoListener& server, Cut cut) {
  return server.listener().counts().cuts[static_cast<std::size_t>(cut)];
}

httpd::Options Impatient() {
  httpd::Options options = EchoListener::DefaultOptions();
  options.header_timeout = absl::Milliseconds(200);
  options.body_timeout = absl::Milliseconds(200);
  options.idle_timeout = absl::Milliseconds(200);
  options.answer_timeout = absl::Milliseconds(200);
  return options;
}

TEST(HttpTimeouts, CutSilentAndSlowPeers) {
  EchoListener server(Impatient());
  RawClient silent(server.port());
  RawClient half(server.port());
  half.Send("GET /hello HTTP/1.1\r\nHo");
  EXPECT_TRUE(silent.IsClosed());
  EXPECT_TRUE(half.IsClosed());
  EXPECT_EQ(CutsOf(server, Cut::kHeaderTimeout), 2);
}

TEST(HttpTimeouts, AreForTheWholeHead) {
  EchoListener server(Impatient());
  RawClient client(server.port());
  client.Send("GET /hello HTTP/1.1\r\nHost: t\r\nX: ");
  // A byte now and then does not prolong it.
  absl::Notification never;
  int bytes = 0;
  while (CutsOf(server, Cut::kHeaderTimeout) == 0 && bytes < 1'000) {
    client.Send("y");
    ++bytes;
    never.WaitForNotificationWithTimeout(absl::Milliseconds(10));
  }
  EXPECT_LT(bytes, 1'000);
  EXPECT_TRUE(client.IsClosed());
}

TEST(HttpTimeouts, CutIdleConnections) {
  EchoListener server(Impatient());
  RawClient client(server.port());
  EXPECT_EQ(client.Ask(GetText("/hello"))->status, 200);
  EXPECT_TRUE(client.IsClosed());
}

// A connection may be idle for longer than a head may take, but not while one
// comes.
TEST(HttpTimeouts, AreForEachHeadOfAConnection) {
  httpd::Options options = Impatient();
  options.idle_timeout = absl::Minutes(5);
  EchoListener server(options);
  RawClient client(server.port());
  EXPECT_EQ(client.Ask(GetText("/hello"))->status, 200);
  client.Send("GET /hello HTTP/1.1\r\nHo");
  EXPECT_TRUE(client.IsClosed());
  EXPECT_EQ(CutsOf(server, Cut::kHeaderTimeout), 1);
}

TEST(HttpTimeouts, CutBodiesThatDoNotCome) {
  EchoListener server(Impatient());
  RawClient client(server.port());
  const std::string text = PostText("/echo", "abcdef");
  client.Send(text.substr(0, text.size() - 1));
  EXPECT_TRUE(client.IsClosed());
  EXPECT_EQ(CutsOf(server, Cut::kBodyTimeout), 1);
}

TEST(HttpTimeouts, DoNotCutThoseThatWaitForUs) {
  EchoListener server(Impatient());
  RawClient waiting(server.port());
  waiting.Send(PostText("/held", "abc"));
  ASSERT_TRUE(server.WaitForHeld(1));
  RawClient silent(server.port());
  EXPECT_TRUE(silent.IsClosed());  // All time-outs have passed.
  server.AnswerHeld();
  const auto answer = waiting.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200);
}

TEST(HttpCaps, CloseWhoWaitsLongestToMakeRoom) {
  httpd::Options options = EchoListener::DefaultOptions();
  options.max_connections = 4;
  EchoListener server(options);
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 40; ++i) {
    slow.push_back(std::make_unique<RawClient>(server.port()));
    slow.back()->Send("GET /hel");
    if (i % 10 == 9) {
      EXPECT_EQ(RawClient(server.port()).Ask(GetText("/hello"))->status, 200);
    }
  }
  EXPECT_TRUE(slow[0]->IsClosed());
  // A connection counts when its end is done, not when it is decided.
  const absl::Time end = absl::Now() + absl::Seconds(10);
  while (CutsOf(server, Cut::kMadeRoom) < 36 && absl::Now() < end) {
  }
  EXPECT_GE(CutsOf(server, Cut::kMadeRoom), 36);
}

TEST(HttpCaps, RefuseWhenAllAreAtWork) {
  httpd::Options options = EchoListener::DefaultOptions();
  options.max_connections = 4;
  EchoListener server(options);
  std::vector<std::unique_ptr<RawClient>> busy;
  for (std::size_t i = 0; i < 4; ++i) {
    busy.push_back(std::make_unique<RawClient>(server.port()));
    busy.back()->Send(PostText("/held", "abc"));
    ASSERT_TRUE(server.WaitForHeld(i + 1));
  }
  const auto refused = RawClient(server.port()).Read();
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->headers.at("retry-after"), "1");
  server.AnswerHeld();
  for (const auto& client : busy) EXPECT_EQ(client->Read()->status, 200);
  EXPECT_EQ(RawClient(server.port()).Ask(GetText("/hello"))->status, 200);
}

TEST(HttpCaps, HoldForEachPeer) {
  httpd::Options options = EchoListener::DefaultOptions();
  options.max_connections = 100;
  options.max_connections_per_peer = 2;
  const std::string path = ::testing::TempDir() + "segrid-caps-test.sock";
  options.listen.push_back("unix:" + path);
  EchoListener server(options);
  RawClient first(server.port()), second(server.port());
  first.Send(PostText("/held", "1"));
  second.Send(PostText("/held", "2"));
  ASSERT_TRUE(server.WaitForHeld(2));
  const auto refused = RawClient(server.port()).Read();
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->headers.at("retry-after"), "1");
  EXPECT_EQ(RawClient(path).Ask(GetText("/hello"))->status, 200);
  server.AnswerHeld();
}

TEST(HttpCaps, CountBytesInFlight) {
  httpd::Options options = EchoListener::DefaultOptions();
  options.max_bytes_in_flight = 150'000;
  EchoListener server(options);
  RawClient busy(server.port());
  busy.Send(PostText("/held", std::string(100'000, 'x')));
  ASSERT_TRUE(server.WaitForHeld(1));
  EXPECT_EQ(server.listener().bytes_in_flight(), 100'000);
  RawClient other(server.port());
  const auto refused = other.Ask(PostText("/echo", std::string(60'000, 'x')));
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->headers.at("retry-after"), "1");
  EXPECT_EQ(RawClient(server.port()).Ask(PostText("/echo", "small"))->status,
            200);
  server.AnswerHeld();
  EXPECT_EQ(busy.Read()->status, 200);
  EXPECT_EQ(server.listener().bytes_in_flight(), 0);
}

// A new connection would cost both sides more than the rest of the body does.
TEST(HttpCaps, KeepTheConnectionOfARefusedBodyWhoseEndIsKnown) {
  httpd::Options options = EchoListener::DefaultOptions();
  options.max_bytes_in_flight = 150'000;
  options.room_timeout = absl::Milliseconds(40);
  EchoListener server(options);
  RawClient busy(server.port()), too(server.port());
  busy.Send(PostText("/held", std::string(100'000, 'x')));
  too.Send(PostText("/held", std::string(20'000, 'x')));
  ASSERT_TRUE(server.WaitForHeld(2));
  const std::string large = PostText("/echo", std::string(60'000, 'x'));
  RawClient other(server.port());
  // Its end comes after the answer, and is not the next request.
  constexpr std::size_t kFirst = 50'000;
  const auto refused = other.Ask(large.substr(0, kFirst));
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->headers.at("connection"), "keep-alive");
  other.Send(large.substr(kFirst));
  const auto again = other.Ask(PostText("/echo", "small"));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->body, "small");

  // Nobody knows whether this body comes, and where that one ends.
  for (const char* headers :
       {"Expect: 100-continue\r\nContent-Length: 60000\r\n",
        "Transfer-Encoding: chunked\r\n"}) {
    RawClient client(server.port());
    std::string bytes =
        absl::StrCat("POST /echo HTTP/1.1\r\nHost: a\r\n", headers, "\r\n");
    if (absl::StrContains(headers, "chunked")) {
      absl::StrAppend(&bytes, "EA60\r\n", std::string(60'000, 'x'));
    }
    const auto closed = client.Ask(bytes);
    ASSERT_TRUE(closed.has_value()) << headers;
    EXPECT_EQ(closed->status, 429) << headers;
    EXPECT_EQ(closed->headers.at("connection"), "close") << headers;
  }
  server.AnswerHeld();
}

// 66 senders hold a chunk's worth each, and nobody else notices.
TEST(HttpBodies, ThatComeSlowlyTakeNoRoomFromOthers) {
  httpd::Options options = EchoListener::DefaultOptions();
  options.max_bytes_in_flight = 2 << 20;
  EchoListener server(options);
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 66; ++i) {
    slow.push_back(std::make_unique<RawClient>(server.port()));
    slow.back()->Send(i % 2 == 0
                          ? "POST /echo HTTP/1.1\r\nHost: t\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n"
                          : "POST /echo HTTP/1.1\r\nHost: t\r\n"
                            "Content-Length: 100000\r\n\r\n[");
  }
  int good = 0;
  for (int i = 0; i < 200; ++i) {
    RawClient client(server.port());
    const auto answer = client.Ask(PostText("/echo", std::string(20'000, 'x')));
    good += answer.has_value() && answer->status == 200 ? 1 : 0;
  }
  EXPECT_GE(good, 198);
  EXPECT_LT(server.listener().bytes_in_flight(), 66 * 32'768);
}

// Senders that fill all room and then stop have to go for those who come.
TEST(HttpBodies, ThatStopComingMakeRoom) {
  httpd::Options options = EchoListener::DefaultOptions();
  options.max_bytes_in_flight = 1 << 20;
  EchoListener server(options);
  std::vector<std::unique_ptr<RawClient>> stalled;
  for (int i = 0; i < 12; ++i) {
    stalled.push_back(std::make_unique<RawClient>(server.port()));
    const std::string text = PostText("/echo", std::string(100'000, 'x'));
    stalled.back()->Send(text.substr(0, text.size() - 1));
  }
  absl::Notification never;
  int good = 0;
  for (int i = 0; i < 500 && good < 100; ++i) {
    RawClient client(server.port());
    const auto answer = client.Ask(PostText("/echo", std::string(50'000, 'y')));
    good += answer.has_value() && answer->status == 200 ? 1 : 0;
    if (good == 0) {
      never.WaitForNotificationWithTimeout(absl::Milliseconds(20));
    }
  }
  EXPECT_EQ(good, 100);
  EXPECT_GE(CutsOf(server, Cut::kSlowest), 1);
}

TEST(HttpBodies, MustReachTheLeastRate) {
  httpd::Options options = EchoListener::DefaultOptions();
  options.min_body_rate = 100'000;
  options.min_body_rate_grace = absl::Milliseconds(200);
  EchoListener server(options);
  RawClient client(server.port());
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 90000\r\n\r\n");
  absl::Notification never;
  int bytes = 0;
  while (CutsOf(server, Cut::kSlowBody) == 0 && bytes < 2'000) {
    client.Send("y");
    ++bytes;
    never.WaitForNotificationWithTimeout(absl::Milliseconds(5));
  }
  EXPECT_LT(bytes, 2'000);
  EXPECT_TRUE(client.IsClosed());
}

TEST(HttpBodies, InChunksMayBeAsLargeAsTheLimit) {
  EchoListener server;
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  // 0x186a0 = 100,000.
  const auto limit = RawClient(server.port())
                         .Ask(head + "186a0\r\n" + std::string(100'000, 'x') +
                              "\r\n0\r\n\r\n");
  EXPECT_EQ(limit->status, 200);
  EXPECT_EQ(limit->body.size(), 100'000u);
  const auto over = RawClient(server.port())
                        .Ask(head + "186a0\r\n" + std::string(100'000, 'x') +
                             "\r\n1\r\nx\r\n0\r\n\r\n");
  EXPECT_EQ(over->status, 413);
}

// What a route does not answer in time is answered without it.
TEST(HttpTimeouts, AnswerForWorkThatTakesTooLong) {
  httpd::Options options = EchoListener::DefaultOptions();
  options.work_timeout = absl::Milliseconds(50);
  EchoListener server(options);
  RawClient client(server.port());
  const auto answer = client.Ask(PostText("/held", "abc"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->headers.at("retry-after"), "5");
  EXPECT_TRUE(client.IsClosed());
  EXPECT_EQ(CutsOf(server, Cut::kWorkTimeout), 1);
  EXPECT_EQ(server.listener().bytes_in_flight(), 3);
  server.AnswerHeld();  // Nobody is there to be told.
  EXPECT_EQ(RawClient(server.port()).Ask(GetText("/hello"))->status, 200);
  absl::Notification never;
  while (server.listener().bytes_in_flight() > 0) {
    never.WaitForNotificationWithTimeout(absl::Milliseconds(1));
  }
}

TEST(HttpTimeouts, EndConnectionsThatAreOld) {
  httpd::Options options = EchoListener::DefaultOptions();
  options.max_connection_age = absl::Milliseconds(150);
  EchoListener server(options);
  RawClient idle(server.port());
  EXPECT_EQ(idle.Ask(GetText("/hello"))->status, 200);
  RawClient busy(server.port());
  absl::Notification never;
  std::optional<RawAnswer> last;
  for (int i = 0; i < 1'000; ++i) {
    last = busy.Ask(GetText("/hello"));
    if (!last || last->headers.at("connection") == "close") break;
    never.WaitForNotificationWithTimeout(absl::Milliseconds(5));
  }
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->status, 200);
  EXPECT_EQ(last->headers.at("connection"), "close");
  EXPECT_TRUE(busy.IsClosed());
  EXPECT_TRUE(idle.IsClosed());
  EXPECT_EQ(CutsOf(server, Cut::kTooOld), 1);
}

httpd::Options BehindProxy() {
  httpd::Options options = EchoListener::DefaultOptions();
  options.trusted_proxies = {"127.0.0.1"};
  options.proxy_protocol = true;
  options.header_timeout = absl::Milliseconds(300);
  return options;
}

TEST(HttpProxyProtocol, NamesThePeerThatCounts) {
  httpd::Options options = BehindProxy();
  options.max_connections_per_peer = 1;
  options.header_timeout = absl::Seconds(30);
  EchoListener server(options);
  const auto from = [&server](const std::string& address) {
    RawClient client(server.port());
    client.Send("PROXY TCP4 " + address + " 127.0.0.1 1000 80\r\n");
    return client;
  };
  RawClient first = from("192.0.2.1");
  first.Send(PostText("/held", "1"));
  ASSERT_TRUE(server.WaitForHeld(1));
  RawClient same = from("192.0.2.1");
  EXPECT_TRUE(same.IsClosed());
  RawClient other = from("192.0.2.2");
  EXPECT_EQ(other.Ask(GetText("/hello"))->status, 200);
  EXPECT_EQ(other.Ask(GetText("/hello"))->status, 200) << "only once";
  server.AnswerHeld();
  EXPECT_EQ(first.Read()->status, 200);
}

TEST(HttpProxyProtocol, IsWantedOfProxiesInTime) {
  EchoListener server(BehindProxy());
  RawClient plain(server.port());
  plain.Send(GetText("/hello"));
  EXPECT_TRUE(plain.IsClosed());
  RawClient slow(server.port());
  slow.Send("PROXY TCP4 ");
  EXPECT_TRUE(slow.IsClosed());
  EXPECT_EQ(CutsOf(server, Cut::kHeaderTimeout), 1);
  EXPECT_EQ(CutsOf(server, Cut::kBadRequest), 1);
}

TEST(HttpProxyProtocol, IsNotBelievedOfOthers) {
  httpd::Options options = BehindProxy();
  options.trusted_proxies = {"192.0.2.0/24"};
  EchoListener server(options);
  EXPECT_EQ(
      RawClient(server.port())
          .Ask("PROXY TCP4 192.0.2.1 127.0.0.1 1000 80\r\n" + GetText("/hello"))
          ->status,
      400);
  EXPECT_EQ(RawClient(server.port()).Ask(GetText("/hello"))->status, 200);
}

// The process may have one descriptor more: the client's end takes it.
TEST(HttpCaps, LeaveDescriptorsForGoodRequests) {
  EchoListener server;
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 100; ++i) {
    silent.push_back(std::make_unique<RawClient>(server.port()));
  }
  absl::Notification never;
  while (server.listener().counts().accepted < 100) {
    never.WaitForNotificationWithTimeout(absl::Milliseconds(1));
  }
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(0);
  ::close(next);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(next) + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  const auto answer = RawClient(server.port()).Ask(GetText("/hello"));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200);
  EXPECT_GE(server.listener().counts().accept_failures, 1);
}

}  // namespace
}  // namespace segrid::testing

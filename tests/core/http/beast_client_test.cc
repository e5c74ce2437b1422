#include "core/http/beast_client.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "core/base/error_info.h"
#include "core/pool/thread_pool.h"
#include "core/tls/client_context.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/http/caller.h"
#include "tests/testing/scripted_server.h"

namespace segrid::http {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::Reply;
using testing::ScriptedServer;
using testing::Seen;

ScriptedServer::Script Always(Reply reply) {
  return [reply](const Seen&) { return reply; };
}

TEST(BeastClient, PostsAndReadsTheAnswer) {
  ScriptedServer server(Always(
      {.status = 429, .headers = {{"Retry-After", "7"}}, .body = "slow down"}));
  Caller caller(server);
  const auto response = caller.Post("the body");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 429);
  EXPECT_EQ(response->body, "slow down");
  EXPECT_EQ(response->Header("retry-AFTER"), "7");
  EXPECT_EQ(response->Header("nothing"), std::nullopt);
  const Seen seen = server.seen().at(0);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/v1/batch");
  EXPECT_EQ(seen.body, "the body");
  EXPECT_EQ(seen.Header("x-test"), "yes");
  EXPECT_EQ(seen.Header("content-length"), "8");
  EXPECT_EQ(absl::StrCat("https://", seen.Header("host")), server.url());
  EXPECT_EQ(seen.server_name, "localhost");
}

TEST(BeastClient, SendsLargeBodiesWhole) {
  ScriptedServer server;
  Caller caller(server);
  std::string body;
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&body, i);
  ASSERT_TRUE(caller.Post(body).ok());
  EXPECT_EQ(server.seen().at(0).body, body);
}

TEST(BeastClient, KeepsItsConnection) {
  ScriptedServer server;
  Caller caller(server);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(caller.Post().ok());
  EXPECT_EQ(server.accepted(), 1);
  EXPECT_EQ(server.seen().size(), 5u);
}

TEST(BeastClient, OpensAnotherWhenTheServerClosedTheFirst) {
  ScriptedServer server(Always({.keep_alive = false}));
  Caller caller(server);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(caller.Post().ok());
  EXPECT_EQ(server.accepted(), 3);
}

TEST(BeastClient, DoesNotReuseAConnectionThatDiedWhileWaiting) {
  ScriptedServer server;
  Caller caller(server);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(caller.Post().ok()) << i;
    server.CloseConnections();
  }
}

TEST(BeastClient, AnOldConnectionIsNotReused) {
  ScriptedServer server;
  Caller caller(server, "localhost", [](ClientOptions& options) {
    options.max_connection_age = absl::ZeroDuration();
  });
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(caller.Post().ok());
  EXPECT_EQ(server.accepted(), 3);
}

TEST(BeastClient, FollowsNoRedirect) {
  ScriptedServer server(
      Always({.status = 308, .headers = {{"Location", "https://evil/"}}}));
  Caller caller(server);
  EXPECT_EQ(caller.Post().value().status, 308);
  EXPECT_EQ(server.seen().size(), 1u);
}

TEST(BeastClient, RefusesACertificateForAnotherName) {
  ScriptedServer server([](const Seen&) { return Reply(); },
                        {.certificate_name = "other.example"});
  Caller caller(server);
  const auto response = caller.Post();
  EXPECT_EQ(base::ReasonOf(response.status()), "CONNECT_FAILED");
  EXPECT_THAT(std::string(response.status().message()),
              AllOf(HasSubstr("TLS"), HasSubstr("ostname mismatch")));
  EXPECT_TRUE(server.seen().empty());
}

TEST(BeastClient, AcceptsACertificateForTheAddress) {
  ScriptedServer server([](const Seen&) { return Reply(); },
                        {.certificate_name = "other.example"});
  Caller caller(server, "127.0.0.1");
  ASSERT_TRUE(caller.Post().ok());
  EXPECT_EQ(server.seen().at(0).server_name, "");
}

TEST(BeastClient, RefusesAnUnknownAuthority) {
  ScriptedServer server;
  Caller caller(server, "localhost", [](ClientOptions& options) {
    options.tls = tls::MakeClientContext({}).value();
  });
  const auto response = caller.Post();
  EXPECT_EQ(base::ReasonOf(response.status()), "CONNECT_FAILED");
  EXPECT_THAT(std::string(response.status().message()),
              AllOf(HasSubstr("issuer"), HasSubstr("ca_file")));
  EXPECT_EQ(server.shaken(), 0);
}

TEST(BeastClient, NamesTheStepThatFailed) {
  auto server = std::make_unique<ScriptedServer>();
  Caller caller(*server);
  server.reset();
  const auto refused = caller.Post();
  EXPECT_EQ(base::ReasonOf(refused.status()), "CONNECT_FAILED");
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("TCP"));

  ScriptedServer plain([](const Seen&) { return Reply(); }, {.tls = false});
  Caller stranger(plain, "localhost", [](ClientOptions& options) {
    options.endpoint.host = "no-such-host.invalid";
  });
  const auto unknown = stranger.Post();
  EXPECT_EQ(base::ReasonOf(unknown.status()), "CONNECT_FAILED");
  EXPECT_THAT(std::string(unknown.status().message()), HasSubstr("name"));
}

TEST(BeastClient, SpeaksPlainHttpToLoopback) {
  ScriptedServer server([](const Seen&) { return Reply(); }, {.tls = false});
  Caller caller(server);
  EXPECT_TRUE(caller.Post().ok());
}

TEST(BeastClient, TellsBrokenAnswersApart) {
  const std::vector<std::pair<Reply, std::string>> cases = {
      {{.kind = Reply::Kind::kClose}, "CONNECTION_LOST"},
      {{.kind = Reply::Kind::kPartial}, "CONNECTION_LOST"},
      {{.kind = Reply::Kind::kGarbage}, "BAD_RESPONSE"},
      {{.status = 101}, "BAD_RESPONSE"},
      {{.headers = {{"X-Big", std::string(20'000, 'x')}}}, "BAD_RESPONSE"},
  };
  for (const auto& [reply, reason] : cases) {
    for (const bool tls : {true, false}) {
      ScriptedServer server(Always(reply), {.tls = tls});
      Caller caller(server);
      EXPECT_EQ(caller.ReasonOfPost(), reason) << reply.status << tls;
    }
  }
}

TEST(BeastClient, ALongRefusalKeepsItsStatus) {
  ScriptedServer server(
      Always({.status = 400, .body = std::string(100'000, 'x')}));
  Caller caller(server);
  const auto response = caller.Post();
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 400);
  EXPECT_EQ(response->body, std::string(64u << 10, 'x'));
  EXPECT_TRUE(caller.Post().ok());
}

// It is a success: to send everything again would not make it shorter.
TEST(BeastClient, ALongSuccessIsReadToItsEndAndItsBeginningKept) {
  ScriptedServer server(Always({.body = std::string(200'000, 'x')}));
  Caller caller(server);
  for (int i = 0; i < 2; ++i) {
    const auto response = caller.Post();
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->body, std::string(64u << 10, 'x'));
  }
  EXPECT_EQ(server.accepted(), 1);

  Caller strict(server, "localhost", [](ClientOptions& options) {
    options.limits.success_bytes = 100'000;
  });
  EXPECT_EQ(strict.ReasonOfPost(), "BAD_RESPONSE");
}

TEST(BeastClient, GivesUpWhenTheTimeIsUp) {
  ScriptedServer server(Always({.kind = Reply::Kind::kHang}));
  Caller caller(server, "localhost", [](ClientOptions& options) {
    options.request_timeout = absl::Milliseconds(300);
  });
  const auto response = caller.Post();
  EXPECT_EQ(response.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(base::ReasonOf(response.status()), "TIMEOUT");
}

TEST(BeastClient, BoundsItsConcurrentRequests) {
  ScriptedServer server(Always({.kind = Reply::Kind::kHang}));
  Caller caller(server, "localhost", [](ClientOptions& options) {
    options.max_concurrent_requests = 1;
  });
  caller.client().Send({.target = "/"}, [](absl::StatusOr<Response>) {});
  EXPECT_EQ(caller.ReasonOfPost(), "TOO_MANY_REQUESTS");
}

TEST(BeastClient, ManyAtOnceAllGetTheirOwnAnswer) {
  ScriptedServer server(
      [](const Seen& seen) { return Reply{.body = "answer to " + seen.body}; });
  Caller caller(server);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&caller, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string body = absl::StrCat(t, "-", i);
        EXPECT_EQ(caller.Post(body).value().body,
                  absl::StrCat("answer to ", body));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(server.accepted(), 8);
}

}  // namespace
}  // namespace segrid::http

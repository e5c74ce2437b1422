// Loading a webhook: against a server whose answers the test writes.

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "bench/load/http_transport.h"
#include "bench/load/run.h"
#include "bench/stats/codes.h"
#include "core/crypto/base64.h"
#include "core/crypto/ecdsa_p256.h"
#include "core/crypto/webhook_signer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"
#include "tests/testing/scripted_server.h"

namespace segrid::bench {
namespace {

using segrid::testing::Reply;
using segrid::testing::ScriptedServer;
using segrid::testing::Seen;
using ::testing::HasSubstr;

constexpr segrid::testing::ServerOptions kPlain{.tls = false};

RunOptions Options(const std::string& url) {
  RunOptions options;
  const auto target = ParseWebhookUrl(url);
  EXPECT_TRUE(target.ok()) << target.status();
  options.target = *target;
  options.payload.method = Method::kWebhook;
  options.payload.batch = 3;
  options.connections = 4;
  options.warmup = absl::ZeroDuration();
  options.count = 40;
  return options;
}

RunResult Measured(const RunOptions& options) {
  auto result = bench::Run(options);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *std::move(result) : RunResult();
}

std::size_t CodeOf(std::string_view name) {
  return static_cast<std::size_t>(
      std::find(kCodeNames.begin(), kCodeNames.end(), name) -
      kCodeNames.begin());
}

TEST(HttpRun, PostsEachBodyOnceOverKeptConnections) {
  ScriptedServer server([](const Seen&) { return Reply(); }, kPlain);
  RunOptions options = Options(server.url() + "/v1/webhook");
  options.metadata = {{"Authorization", "Bearer abc"}};
  const RunResult result = Measured(options);
  EXPECT_EQ(result.total.successes(), 40);
  EXPECT_EQ(result.total.errors(), 0) << result.first_error;
  EXPECT_EQ(result.total.events, 120);
  EXPECT_EQ(result.total.latency.count(), 40);
  EXPECT_GT(result.total.response_bytes, 0);
  const std::vector<Seen> seen = server.seen();
  ASSERT_EQ(seen.size(), 40U);
  std::set<std::string> bodies;
  std::set<int> connections;
  for (const Seen& request : seen) {
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/v1/webhook");
    EXPECT_EQ(request.Header("content-type"), "application/json");
    EXPECT_EQ(request.Header("authorization"), "Bearer abc");
    EXPECT_EQ(request.Header("x-twilio-email-event-webhook-signature"), "");
    EXPECT_EQ(request.body.front(), '[');
    bodies.insert(request.body);
    connections.insert(request.connection);
  }
  EXPECT_EQ(bodies.size(), 40U) << "each call has event ids of its own";
  EXPECT_LE(connections.size(), 4U);
}

TEST(HttpRun, SignsEachBodyAsSendGridDoes) {
  const tests::ScratchDir directory;
  const crypto::WebhookSigner signer = crypto::WebhookSigner::Generate();
  ScriptedServer server([](const Seen&) { return Reply(); }, kPlain);
  RunOptions options = Options(server.url() + "/v1/webhook");
  options.sign_key = directory.Write("key.pem", signer.Pem());
  EXPECT_EQ(Measured(options).total.successes(), 40);
  const auto key = crypto::EcdsaP256Key::Parse(signer.PublicKey());
  ASSERT_TRUE(key.ok()) << key.status();
  for (const Seen& request : server.seen()) {
    const std::string timestamp =
        request.Header("x-twilio-email-event-webhook-timestamp");
    const auto signature = crypto::DecodeBase64(
        request.Header("x-twilio-email-event-webhook-signature"));
    ASSERT_TRUE(signature.has_value());
    EXPECT_TRUE(key->Verify(timestamp, request.body, *signature));
    EXPECT_FALSE(key->Verify(timestamp, request.body + " ", *signature));
    std::int64_t seconds = 0;
    ASSERT_TRUE(absl::SimpleAtoi(timestamp, &seconds));
    EXPECT_NEAR(static_cast<double>(seconds),
                static_cast<double>(absl::ToUnixSeconds(absl::Now())), 60);
  }
}

TEST(HttpRun, CountsEachStatusAndNoErrorAsASuccess) {
  std::atomic<int> count = 0;
  ScriptedServer server(
      [&count](const Seen&) {
        constexpr int kStatuses[] = {200, 202, 401, 429, 503, 418, 301, 413};
        Reply reply;
        reply.status = kStatuses[count++ % 8];
        reply.body = "on purpose";
        return reply;
      },
      kPlain);
  const RunResult result = Measured(Options(server.url()));
  EXPECT_EQ(result.total.successes(), 10);
  EXPECT_EQ(result.total.events, 30);
  EXPECT_EQ(result.total.latency.count(), 10);
  for (const char* code : {"HTTP 401", "HTTP 429", "HTTP 503", "HTTP 413"}) {
    EXPECT_EQ(result.total.codes[CodeOf(code)], 5) << code;
  }
  EXPECT_EQ(result.total.codes[CodeOf("HTTP other")], 10) << "418 and 301";
  EXPECT_THAT(result.first_error, HasSubstr("on purpose"));
}

TEST(HttpRun, CountsConnectionsThatBreakAndGoesOn) {
  std::atomic<int> count = 0;
  ScriptedServer server(
      [&count](const Seen&) {
        Reply reply;
        if (count++ % 4 == 3) reply.kind = Reply::Kind::kClose;
        return reply;
      },
      kPlain);
  RunOptions options = Options(server.url());
  options.connections = 1;
  const RunResult result = Measured(options);
  EXPECT_EQ(result.total.calls(), 40);
  EXPECT_EQ(result.total.codes[kUnavailable], 10);
  EXPECT_EQ(result.total.successes(), 30);
}

TEST(HttpRun, CountsAnswersThatDoNotCome) {
  ScriptedServer server(
      [](const Seen&) {
        Reply reply;
        reply.kind = Reply::Kind::kHang;
        return reply;
      },
      kPlain);
  RunOptions options = Options(server.url());
  options.count = 4;
  options.timeout = absl::Milliseconds(50);
  const RunResult result = Measured(options);
  EXPECT_EQ(result.total.codes[kDeadlineExceeded], 4);
}

TEST(HttpRun, KeepsToARateAndHidesNoStall) {
  // One connection; the first answer takes 200 ms. The calls that were meant to
  // start meanwhile waited, and their latency says so.
  std::atomic<int> count = 0;
  absl::Notification never;
  ScriptedServer server(
      [&](const Seen&) {
        if (count++ == 0) {
          never.WaitForNotificationWithTimeout(absl::Milliseconds(200));
        }
        return Reply();
      },
      kPlain);
  RunOptions options = Options(server.url());
  options.connections = 1;
  options.count = 0;
  options.rates = {100, 200};
  options.duration = absl::Milliseconds(600);
  const RunResult result = Measured(options);
  ASSERT_EQ(result.steps.size(), 2U);
  EXPECT_EQ(result.steps[0].tally.calls(), 30);
  EXPECT_EQ(result.steps[1].tally.calls(), 60);
  EXPECT_EQ(result.total.successes(), 90);
  // Twenty were meant to start in the stall: the tenth of them waited 100 ms.
  EXPECT_GT(result.steps[0].tally.latency.Percentile(70), 90'000'000);
}

TEST(HttpRun, SpeaksTlsToTheAuthorityItIsGiven) {
  ScriptedServer server;
  RunOptions options = Options(server.url() + "/v1/webhook");
  options.target.files.ca = server.ca_file();
  EXPECT_EQ(Measured(options).total.successes(), 40);
  options.target.files.ca = "";
  const RunResult refused = Measured(options);
  EXPECT_EQ(refused.total.successes(), 0);
  EXPECT_EQ(refused.total.codes[kUnavailable], 40);
}

TEST(HttpRun, MeasuresTheProcessThatListens) {
  ScriptedServer server([](const Seen&) { return Reply(); }, kPlain);
  const RunResult result = Measured(Options(server.url("127.0.0.1")));
  ASSERT_TRUE(result.server.has_value());
  EXPECT_GT(result.server->rss_bytes, 1 << 20);
}

TEST(HttpRun, SaysWhenNobodyIsThere) {
  std::string url;
  {
    const ScriptedServer gone([](const Seen&) { return Reply(); }, kPlain);
    url = gone.url("127.0.0.1");
  }
  const auto result = bench::Run(Options(url));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr(url));
}

}  // namespace
}  // namespace segrid::bench

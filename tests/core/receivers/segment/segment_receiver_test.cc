#include "core/receivers/segment/segment_receiver.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/error_info.h"
#include "core/pool/thread_pool.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/http/scripted_proxy.h"
#include "tests/core/receivers/segment/sending.h"
#include "tests/testing/gunzip.h"
#include "tests/testing/scripted_server.h"

namespace segrid::receivers::segment {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::Reply;
using testing::ScriptedServer;
using testing::Seen;

class SegmentReceiverTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<SegmentReceiver>> Create(
      SegmentOptions options) {
    return SegmentReceiver::Create(options, pool_->io(), clock_);
  }

  std::unique_ptr<SegmentReceiver> ReceiverFor(ScriptedServer& server,
                                               std::string path = "") {
    return Create({.endpoint = server.url() + path,
                   .write_key = base::Secret("s3cret"),
                   .tls = {.ca_file = server.ca_file()},
                   .allow_http = true})
        .value();
  }

  base::SystemClock clock_;
  std::unique_ptr<pool::ThreadPool> pool_ = *pool::ThreadPool::Create(2);
};

TEST_F(SegmentReceiverTest, PostsABatchAsTheApiWantsIt) {
  ScriptedServer server;
  const auto receiver = ReceiverFor(server, "/v1/");
  const SendResult result =
      SendAndWait(*receiver, {.tracks = {R"({"a":1})", R"({"b":2})"}});
  EXPECT_EQ(result.verdict, Verdict::kDelivered);
  const Seen seen = server.seen().at(0);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/v1/batch");
  EXPECT_EQ(seen.Header("authorization"), "Basic czNjcmV0Og==");
  EXPECT_EQ(seen.Header("content-type"), "application/json");
  EXPECT_EQ(seen.Header("content-encoding"), "gzip");
  EXPECT_EQ(seen.Header("x-retry-count"), "");
  EXPECT_THAT(seen.Header("user-agent"), ::testing::StartsWith("segrid/"));
  EXPECT_THAT(
      testing::Gunzip(seen.body),
      ::testing::StartsWith(R"({"batch":[{"a":1},{"b":2}],"sentAt":")"));
}

TEST_F(SegmentReceiverTest, GoesThroughTheProxyOfTheEnvironment) {
  ScriptedServer server;
  testing::ScriptedProxy proxy(http::ParseEndpoint(server.url(), false)->port);
  std::map<std::string, std::string> set = {
      {"HTTPS_PROXY",
       absl::StrCat("http://u:p%20%C3%A4%3A@127.0.0.1:", proxy.port())}};
  SegmentOptions options{.endpoint = server.url(),
                         .write_key = base::Secret("s3cret"),
                         .tls = {.ca_file = server.ca_file()}};
  options.proxy.variable =
      [&set](const std::string& name) -> std::optional<std::string> {
    const auto found = set.find(name);
    if (found == set.end()) return std::nullopt;
    return found->second;
  };
  EXPECT_EQ(SendAndWait(**Create(options), {.tracks = {"{}"}}).verdict,
            Verdict::kDelivered);
  ASSERT_EQ(proxy.seen().size(), 1u);
  EXPECT_THAT(proxy.seen()[0],
              HasSubstr("Proxy-Authorization: Basic " +
                        absl::Base64Escape("u:p \xC3\xA4:") + "\r\n"));
  set["NO_PROXY"] = "localhost";
  EXPECT_EQ(SendAndWait(**Create(options), {.tracks = {"{}"}}).verdict,
            Verdict::kDelivered);
  EXPECT_EQ(proxy.seen().size(), 1u);
}

TEST_F(SegmentReceiverTest, StampsSentAtOnEveryAttempt) {
  ScriptedServer server;
  const auto receiver = ReceiverFor(server);
  const auto sent_at = [](const Seen& seen) {
    const std::string body = testing::Gunzip(seen.body);
    absl::Time time;
    std::string error;
    EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full,
                                body.substr(body.find("sentAt") + 9, 24), &time,
                                &error))
        << error << body;
    return time;
  };
  const absl::Time begin = absl::Now() - absl::Milliseconds(1);
  SendAndWait(*receiver, {.tracks = {"{}"}});
  while (absl::Now() - begin < absl::Milliseconds(5)) {
  }
  const absl::Time between = absl::Now() - absl::Milliseconds(1);
  SendAndWait(*receiver, {.tracks = {"{}"}, .retry_count = 1});
  const auto seen = server.seen();
  EXPECT_GE(sent_at(seen.at(0)), begin);
  EXPECT_GE(sent_at(seen.at(1)), between);
  EXPECT_EQ(seen.at(1).Header("x-retry-count"), "1");
}

TEST_F(SegmentReceiverTest, ReadsTheAnswerByTheTable) {
  Reply reply;
  ScriptedServer server([&reply](const Seen&) { return reply; });
  const auto receiver = ReceiverFor(server);
  reply = {.status = 429, .headers = {{"Retry-After", "30"}}};
  SendResult result = SendAndWait(*receiver, {.tracks = {"{}"}});
  EXPECT_EQ(result.verdict, Verdict::kWait);
  EXPECT_EQ(result.wait, absl::Seconds(30));
  reply = {.status = 400, .body = "no messageId"};
  result = SendAndWait(*receiver, {.tracks = {"{}"}});
  EXPECT_EQ(result.verdict, Verdict::kSplit);
  EXPECT_EQ(result.answer, "HTTP 400: no messageId");
  reply = {.status = 401};
  result = SendAndWait(*receiver, {.tracks = {"{}"}});
  EXPECT_EQ(result.verdict, Verdict::kMisconfigured);
  EXPECT_THAT(result.detail, HasSubstr("write key"));
  EXPECT_THAT(result.detail, Not(HasSubstr("s3cret")));
  reply = {.status = 307, .headers = {{"Location", server.url()}}};
  EXPECT_EQ(SendAndWait(*receiver, {.tracks = {"{}"}}).verdict,
            Verdict::kMisconfigured);
  reply = {.headers = {{"Content-Type", "text/html"}},
           .body = "<!DOCTYPE html><title>Sign in</title>"};
  EXPECT_EQ(SendAndWait(*receiver, {.tracks = {"{}"}}).verdict,
            Verdict::kMisconfigured);
  reply = {.kind = Reply::Kind::kPartial};
  EXPECT_EQ(SendAndWait(*receiver, {.tracks = {"{}"}}).verdict,
            Verdict::kRetry);
}

TEST_F(SegmentReceiverTest, SendsPlainlyWhenItIsTold) {
  Reply reply;
  ScriptedServer server([&reply](const Seen&) { return reply; });
  const auto receiver = ReceiverFor(server);
  for (const int status : {200, 400, 404, 415, 422, 503}) {
    reply = {.status = status};
    const bool may_pass = status == 400 || status == 415 || status == 422;
    EXPECT_EQ(SendAndWait(*receiver, {.tracks = {"{}"}}).plain_may_pass,
              may_pass)
        << status;
    EXPECT_FALSE(SendAndWait(*receiver, {.tracks = {"{}"}, .plain = true})
                     .plain_may_pass);
    const Seen plain = server.seen().back();
    EXPECT_EQ(plain.Header("content-encoding"), "");
    EXPECT_THAT(plain.body, ::testing::StartsWith(R"({"batch":[{}],)"));
  }
  const auto never = Create({.endpoint = server.url(),
                             .gzip = false,
                             .tls = {.ca_file = server.ca_file()}})
                         .value();
  reply = {.status = 400};
  EXPECT_FALSE(SendAndWait(*never, {.tracks = {"{}"}}).plain_may_pass);
}

TEST_F(SegmentReceiverTest, TakesAFreshConnectionAfterAnswersThatAskForOne) {
  Reply reply;
  ScriptedServer server([&reply](const Seen&) { return reply; });
  const auto receiver = ReceiverFor(server);
  for (const int status : {200, 429, 500, 408, 410, 421, 425, 460}) {
    reply = {.status = status};
    SendAndWait(*receiver, {.tracks = {"{}"}});
    const int before = server.seen().back().connection;
    reply = {.status = 200};
    SendAndWait(*receiver, {.tracks = {"{}"}});
    const bool kept = status == 200 || status == 429 || status == 500;
    EXPECT_EQ(server.seen().back().connection == before, kept) << status;
  }
}

TEST_F(SegmentReceiverTest, KnowsItsRegions) {
  EXPECT_EQ((*Create({}))->endpoint(), "https://api.segment.io/v1/batch");
  EXPECT_EQ((*Create({.region = "eu"}))->endpoint(),
            "https://events.eu1.segmentapis.com/v1/batch");
  EXPECT_EQ(base::ReasonOf(Create({.region = "mars"}).status()), "BAD_REGION");
}

TEST_F(SegmentReceiverTest, RefusesBadSettings) {
  EXPECT_EQ(base::ReasonOf(Create({.endpoint = "http://a.example"}).status()),
            "BAD_ENDPOINT");
  EXPECT_EQ(base::ReasonOf(Create({.endpoint = "http://127.0.0.1:1"}).status()),
            "BAD_ENDPOINT");
  EXPECT_EQ(
      base::ReasonOf(Create({.tls = {.ca_file = "/no/such/file"}}).status()),
      "BAD_CA_FILE");
}

}  // namespace
}  // namespace segrid::receivers::segment

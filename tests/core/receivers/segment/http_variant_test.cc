// The receiver `http`: any endpoint, in its form.

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/crypto/webhook_secret.h"
#include "core/pool/thread_pool.h"
#include "core/receivers/segment/segment_receiver.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/receivers/segment/sending.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/gunzip.h"
#include "tests/testing/scripted_server.h"

namespace segrid::receivers::segment {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::Reply;
using testing::ScriptedServer;
using testing::Seen;

constexpr char kSecret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

class HttpVariant : public ::testing::Test {
 protected:
  HttpVariant() {
    options_ = {.variant = FindVariant("http"),
                .endpoint = server_.url() + "/hook/",
                .gzip = false,
                .tls = {.ca_file = server_.ca_file()},
                .form = Form::kArray};
  }

  SendResult Send(std::vector<std::string_view> ids = {"m1", "m2"}) {
    const auto receiver =
        SegmentReceiver::Create(options_, pool_->io(), clock_).value();
    return SendAndWait(*receiver, {.tracks = {R"({"a":1})", R"({"b":2})"},
                                   .ids = std::move(ids)});
  }
  Seen Last() { return server_.seen().back(); }

  testing::FakeClock clock_;
  Reply reply_;
  std::unique_ptr<pool::ThreadPool> pool_ = *pool::ThreadPool::Create(2);
  ScriptedServer server_{[this](const Seen&) { return reply_; }};
  SegmentOptions options_;
};

TEST_F(HttpVariant, PostsToTheEndpointAsItIs) {
  for (const auto& [path, target] :
       {std::pair("", "/"), std::pair("/", "/"), std::pair("/hook", "/hook"),
        std::pair("/hook/", "/hook/"), std::pair("/v1/track", "/v1/track"),
        std::pair("/hook?a=1&b=/c?", "/hook?a=1&b=/c?"),
        std::pair("/hook/?a", "/hook/?a"), std::pair("?a=1", "/?a=1")}) {
    options_.endpoint = server_.url() + path;
    EXPECT_EQ(Send().verdict, Verdict::kDelivered);
    EXPECT_EQ(Last().target, target);
    EXPECT_EQ(Last().Header("authorization"), "");
  }
}

TEST_F(HttpVariant, WritesThreeForms) {
  Send();
  EXPECT_EQ(Last().body, R"([{"a":1},{"b":2}])");
  EXPECT_EQ(Last().Header("content-type"), "application/json");
  options_.form = Form::kLines;
  Send();
  EXPECT_EQ(Last().body, "{\"a\":1}\n{\"b\":2}\n");
  EXPECT_EQ(Last().Header("content-type"), "application/x-ndjson");
  options_.form = Form::kBatch;
  Send();
  EXPECT_EQ(Last().body, R"({"batch":[{"a":1},{"b":2}],)"
                         R"("sentAt":"2026-01-01T00:00:00.000Z"})");
  options_.gzip = true;
  Send();
  EXPECT_EQ(Last().Header("content-encoding"), "gzip");
  EXPECT_THAT(testing::Gunzip(Last().body), HasSubstr(R"({"a":1},{"b":2})"));
}

TEST_F(HttpVariant, SendsTheHeadersOfTheConfiguration) {
  options_.headers = {{"Authorization", base::Secret("Bearer s3cret")},
                      {"X-Api-Key", base::Secret("k3y-k3y")},
                      {"content-type", base::Secret("application/vnd.x+json")},
                      {"X-N", base::Secret("1")}};
  reply_ = {.status = 403, .body = "1: no s3cret, no k3y-k3y"};
  const SendResult result = Send();
  EXPECT_EQ(Last().Header("authorization"), "Bearer s3cret");
  EXPECT_EQ(Last().Header("x-api-key"), "k3y-k3y");
  EXPECT_EQ(Last().Header("content-type"), "application/vnd.x+json");
  EXPECT_EQ(Last().Header("x-n"), "1");
  EXPECT_EQ(result.verdict, Verdict::kMisconfigured);
  EXPECT_THAT(result.answer, HasSubstr("1: no ***, no ***"));
  EXPECT_THAT(result.detail, Not(HasSubstr("s3cret")));
}

TEST_F(HttpVariant, ShowsTheQueryOfItsEndpointNowhere) {
  options_.endpoint = server_.url() + "/hook?code=s3cret";
  reply_ = {.status = 400, .body = "no /hook?code=s3cret"};
  const SendResult result = Send();
  EXPECT_EQ(Last().target, "/hook?code=s3cret");
  EXPECT_THAT(result.answer, HasSubstr("no /hook?***"));
  EXPECT_THAT(result.detail, Not(HasSubstr("s3cret")));
  const auto receiver = SegmentReceiver::Create(options_, pool_->io(), clock_);
  EXPECT_EQ((*receiver)->endpoint(), server_.url() + "/hook");
  options_.variant = FindVariant("segment");
  EXPECT_FALSE(SegmentReceiver::Create(options_, pool_->io(), clock_).ok());
}

TEST_F(HttpVariant, SignsWhatItSendsAsStandardWebhooksDo) {
  options_.signing_secret = base::Secret(kSecret);
  const auto is_signed = [this] {
    return crypto::SignWebhook(
               *crypto::ParseWebhookSecret(kSecret),
               {Last().Header("webhook-id"), ".",
                Last().Header("webhook-timestamp"), ".", Last().body}) ==
           Last().Header("webhook-signature");
  };
  Send();
  EXPECT_TRUE(is_signed());
  EXPECT_EQ(Last().Header("webhook-timestamp"), "1767225600");
  const std::string id = Last().Header("webhook-id");
  EXPECT_THAT(id, ::testing::MatchesRegex("msg_[0-9a-f]{32}"));
  clock_.Advance(absl::Seconds(9));
  Send();
  EXPECT_EQ(Last().Header("webhook-id"), id) << "the same batch again";
  EXPECT_EQ(Last().Header("webhook-timestamp"), "1767225609");
  EXPECT_TRUE(is_signed());
  Send({"m1", "m3"});
  EXPECT_NE(Last().Header("webhook-id"), id);
  options_.gzip = true;
  options_.form = Form::kLines;
  Send();
  EXPECT_TRUE(is_signed()) << "the bytes as sent";
  options_.signing_secret = base::Secret("whsec_short");
  EXPECT_FALSE(SegmentReceiver::Create(options_, pool_->io(), clock_).ok());
}

TEST_F(HttpVariant, ReadsAnswersByTheTableButTakesPages) {
  for (const auto& [status, verdict] :
       {std::pair(204, Verdict::kDelivered), std::pair(400, Verdict::kSplit),
        std::pair(413, Verdict::kTooLarge),
        std::pair(404, Verdict::kMisconfigured),
        std::pair(503, Verdict::kRetry)}) {
    reply_ = {.status = status, .body = ""};
    EXPECT_EQ(Send().verdict, verdict) << status;
  }
  reply_ = {.headers = {{"Content-Type", "text/html"}},
            .body = "<!doctype html><p>thanks"};
  EXPECT_EQ(Send().verdict, Verdict::kDelivered);
}

}  // namespace
}  // namespace segrid::receivers::segment

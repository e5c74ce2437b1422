// What becomes of posts, apart from their signatures.

#include <string>
#include <vector>

#include "core/http/gzip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/webhook/webhook_world.h"

namespace segrid::webhook {
namespace {

using ::segrid::testing::P256Signer;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kBody = pipeline::Body({pipeline::kOpen, pipeline::kClick});

std::string Events(int count) {
  std::string body = "[";
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&body, i > 0 ? "," : "",
                    R"({"event":"open","email":"a@b.c","timestamp":1,)",
                    R"("sg_event_id":"e)", i, "\"}");
  }
  return body + "]";
}

TEST(Webhook, Answers200WhenTheEventsAreQueued) {
  WebhookWorld world({config::Webhook()});
  const auto answer = world.Post(kBody);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), "application/json");
  EXPECT_EQ(answer.body,
            "{\"events\":2,\"accepted\":4,\"duplicate\":0,\"skipped\":0,"
            "\"rejected\":0}\n");
  EXPECT_EQ(world.Queued("first"), 2);
  EXPECT_EQ(world.Queued("second"), 2);
  EXPECT_THAT(world.Post(kBody).body, HasSubstr("\"duplicate\":4"));
  EXPECT_EQ(world.Count(Outcome::kAccepted), 2);
}

TEST(Webhook, TakesABatchWithBadElements) {
  WebhookWorld world({config::Webhook()});
  const auto answer =
      world.Post(pipeline::Body({"1", "null", R"({"event":"open"})",
                                 R"({"event":"deferred"})", pipeline::kOpen}));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body,
            "{\"events\":5,\"accepted\":2,\"duplicate\":0,\"skipped\":2,"
            "\"rejected\":6}\n");
  EXPECT_EQ(world.Post("[]").status, 200);
}

TEST(Webhook, RefusesWhatIsNoArray) {
  WebhookWorld world({config::Webhook()});
  for (const char* body : {"", "{}", "null", "[", "[{]", "[] []", "[\xff]",
                           R"([{"event":"open"}]x)"}) {
    const auto answer = world.Post(body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_THAT(answer.body, HasSubstr("NOT_AN_ARRAY"));
  }
  EXPECT_EQ(world.Count(Outcome::kNotAnArray), 8);
  EXPECT_EQ(world.Queued("first"), 0);
}

TEST(Webhook, SaysWhatIsWrongWithABodyInTheAnswerAndTheLog) {
  const struct {
    std::string body;
    const char* headers;
    const char* words;
  } rows[] = {
      {"[{\"email\":\"canary\"},]", "",
       "a comma stands after the last value (byte 19), in element 1"},
      {"{\"email\":\"canary\"}", "",
       "the body is one event, not an array: send it as [{...}]; a lone event "
       "is what `segrid backfill` takes"},
      {"{\"a\":\"canary\"}\n{\"b\":1}\n", "",
       "events line by line are what `segrid backfill` takes"},
      {"[{\"canary\":\xE9}]", "", "is it Latin-1? (byte 11), in element 0"},
      {"[{\"email\":\"canary", "",
       "a string is not closed; is the body cut off? (byte 10), in element 0"},
      {std::string("\xFF\xFE[\0]\0", 6), "", "it is UTF-16 or UTF-32"},
      {"from=canary&to=b", "", "it is a form post"},
      {"", "Content-Type: multipart/form-data; boundary=canary\r\n",
       "its Content-Type is multipart/form-data, as SendGrid's Inbound Parse "
       "posts mail"},
      {"", "Content-Type: application/x-www-form-urlencoded\r\n",
       "its Content-Type is that of a form post"},
  };
  for (const auto& row : rows) {
    WebhookWorld world({config::Webhook()});
    const auto answer = world.Post(row.body, row.headers);
    EXPECT_EQ(answer.status, 400) << row.body;
    EXPECT_THAT(answer.body, HasSubstr("NOT_AN_ARRAY"));
    EXPECT_THAT(answer.body, HasSubstr(row.words));
    EXPECT_THAT(world.LogText(), HasSubstr(row.words));
    EXPECT_THAT(answer.body + world.LogText(), Not(HasSubstr("canary")));
  }
}

TEST(Webhook, TakesBytesThatAreNoUtf8InStrings) {
  WebhookWorld world({config::Webhook()});
  const auto answer = world.Post(
      "\xEF\xBB\xBF[{\"email\":\"a\",\"event\":\"bounce\",\"timestamp\":1,"
      "\"reason\":\"supprim\xE9\"}]");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(world.Queued("first"), 1);
}

TEST(Webhook, IsAtItsPathWithASlash) {
  WebhookWorld world({config::Webhook()});
  EXPECT_EQ(world.Post(kBody, "", "/v1/webhook/").status, 200);
  EXPECT_EQ(world.Post(kBody, "", "/v1/webhook/default/").status, 200);
  EXPECT_EQ(world.Count(Outcome::kAccepted), 2);
}

TEST(Webhook, WarnsOnceOfPostsToNamesThatNoWebhookHas) {
  WebhookWorld world({config::Webhook()});
  for (const char* path :
       {"/v1/webhook/defualt", "/v1/webhook/a/b", "/v1/webhook/default//"}) {
    const auto answer = world.Post(kBody, "", path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_THAT(answer.body, HasSubstr("NO_SUCH_WEBHOOK"));
  }
  EXPECT_EQ(world.Post(kBody, "", "/v1/webhooks").status, 404);
  const std::string log = world.LogText();
  const std::size_t first = log.find("that no webhook has");
  ASSERT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("that no webhook has", first + 1), std::string::npos);
  EXPECT_THAT(log, HasSubstr("default"));
  EXPECT_THAT(log, Not(HasSubstr("defualt")));
}

TEST(Webhook, RefusesTooMuch) {
  WebhookWorld world({config::Webhook()});
  EXPECT_EQ(world.Post(Events(11)).status, 413);  // Events.
  EXPECT_EQ(world.Post("[" + std::string(kMaxBodyBytes, ' ')).status, 413);
  EXPECT_EQ(world.Post(Events(10)).status, 200);
}

TEST(Webhook, SaysWhenToComeBackWhileTheQueueIsFull) {
  queue::memory::MemoryOptions tiny;
  tiny.max_bytes = tiny.max_lane_bytes = 1'200;
  WebhookWorld world({config::Webhook()}, tiny);
  EXPECT_EQ(world.Post(Events(1)).status, 200);
  const auto answer = world.Post(Events(9));
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("QUEUE_FULL"));
  EXPECT_GE(std::stoi(answer.headers.at("retry-after")), 1);
  EXPECT_EQ(world.Count(Outcome::kUnavailable), 1);
}

TEST(Webhook, SaysWhenToComeBackWhileTheServerStops) {
  WebhookWorld world({config::Webhook()});
  world.StopAccepting();
  const auto answer = world.Post(kBody);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.headers.at("retry-after"), "5");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_EQ(world.Queued("first"), 0);
}

TEST(Webhook, HasItsOwnPathKeysAndSources) {
  const P256Signer one, two;
  config::Webhook first = SignedBy({&one});
  first.sources = {"first"};
  config::Webhook second = SignedBy({&two});
  second.name = "marketing";
  second.sources = {"second"};
  WebhookWorld world({first, second});
  const std::string by_one = Signed(one, kBody), by_two = Signed(two, kBody);
  EXPECT_EQ(world.Post(kBody, by_one, "/v1/webhook/marketing").status, 401);
  EXPECT_EQ(world.Post(kBody, by_two, "/v1/webhook/marketing?x=1").status, 200);
  EXPECT_EQ(world.Queued("first"), 0);
  EXPECT_EQ(world.Queued("second"), 2);
  EXPECT_EQ(world.Post(kBody, by_one, "/v1/webhook/default").status, 200);
  EXPECT_EQ(world.Post(kBody, by_one).status, 200);
  EXPECT_EQ(world.Post(kBody, by_two).status, 401);
  EXPECT_EQ(world.Queued("first"), 2);
  EXPECT_EQ(world.Queued("second"), 2);
  EXPECT_EQ(world.Post(kBody, by_one, "/v1/webhook/other").status, 404);
  EXPECT_EQ(segrid::testing::RawClient(world.port())
                .Ask(segrid::testing::GetText("/v1/webhook"))
                ->status,
            405);
}

TEST(Webhook, AsksForAuthorizationWhereConfigured) {
  config::Webhook options;
  // printf %s secret | sha256sum
  options.bearer_sha256 = {
      std::string(64, '0'),
      "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"};
  crypto::Sha256 hash;
  std::string hex(64, '0');
  crypto::WriteHex(hash.Hash("user:word"), 64, hex.data());
  options.basic_sha256 = {hex};
  WebhookWorld world({options});
  const auto status = [&world](const std::string& header) {
    return world
        .Post(kBody, header.empty() ? "" : "Authorization: " + header + "\r\n")
        .status;
  };
  EXPECT_EQ(status("Bearer secret"), 200);
  EXPECT_EQ(status("bearer  secret"), 200);
  EXPECT_EQ(status("Basic " + segrid::testing::ToBase64("user:word")), 200);
  for (const std::string& wrong :
       {std::string(), std::string("Bearer"), std::string("Bearer secre"),
        std::string("Bearer secrets"), std::string("secret"),
        std::string("Basic secret"), std::string("Basic dXNlcg=="),
        std::string("Bearer user:word"), std::string("Digest secret")}) {
    EXPECT_EQ(status(wrong), 401) << wrong;
  }
  const auto answer = world.Post(kBody);
  EXPECT_EQ(answer.headers.at("www-authenticate"),
            "Bearer, Basic realm=\"segrid\"");
  options.bearer_sha256.clear();
  WebhookWorld basic({options});
  EXPECT_EQ(basic.Post(kBody).headers.at("www-authenticate"),
            "Basic realm=\"segrid\"");
  EXPECT_THAT(world.LogText(), Not(HasSubstr("secret")));
}

TEST(Webhook, UnpacksGzip) {
  const P256Signer signer;
  WebhookWorld world({SignedBy({&signer})});
  const std::string packed = *http::Gzip(kBody);
  const std::string gzip = "Content-Encoding: gzip\r\n";
  // The signature is over the bytes as they came.
  EXPECT_EQ(world.Post(packed, gzip + Signed(signer, packed)).status, 200);
  EXPECT_EQ(world.Post(packed, gzip + Signed(signer, kBody)).status, 401);
  EXPECT_EQ(world.Queued("first"), 2);
  EXPECT_EQ(
      world
          .Post(kBody, "Content-Encoding: identity\r\n" + Signed(signer, kBody))
          .status,
      200);
  EXPECT_EQ(
      world.Post(kBody, "Content-Encoding:\r\n" + Signed(signer, kBody)).status,
      200);
}

TEST(Webhook, TakesNoHeadersFromBehindTheBody) {
  WebhookWorld world({config::Webhook()});
  const auto answer = segrid::testing::RawClient(world.port())
                          .Ask(
                              "POST /v1/webhook HTTP/1.1\r\nHost: t\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n"
                              "2\r\n[]\r\n0\r\nContent-Encoding: br\r\n\r\n");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200);
}

TEST(Webhook, RefusesWhatItCannotUnpack) {
  WebhookWorld world({config::Webhook()});
  const std::string gzip = "Content-Encoding: gzip\r\n";
  const std::string packed = *http::Gzip(kBody);
  const std::string bomb = *http::Gzip(std::string(20 << 20, ' '));
  EXPECT_EQ(world.Post(bomb, gzip).status, 413);
  EXPECT_EQ(world.Post(packed.substr(0, packed.size() / 2), gzip).status, 400);
  EXPECT_EQ(world.Post(kBody, gzip).status, 400);
  const auto unknown = world.Post(kBody, "Content-Encoding: br\r\n");
  EXPECT_EQ(unknown.status, 415);
  EXPECT_EQ(unknown.headers.at("accept-encoding"), "gzip");
  EXPECT_EQ(world.Post(packed, gzip + gzip).status, 415);
  EXPECT_EQ(world.Queued("first"), 0);
}

TEST(Webhook, LogsWhatItRefusesWithoutWhatWasSent) {
  const P256Signer signer;
  WebhookWorld world({SignedBy({&signer})});
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  const std::string body = R"([{"email":"canary@example.com"}])";
  const auto answer = world.Post(
      body, absl::StrCat("traceparent: 00-", trace, "-b7ad6b7169203331-01\r\n",
                         Signed(P256Signer(), body)));
  EXPECT_EQ(answer.status, 401);
  EXPECT_THAT(world.LogText(), HasSubstr("webhook refused"));
  EXPECT_THAT(world.LogText(), HasSubstr("bad_signature"));
  EXPECT_THAT(world.LogText(), HasSubstr(trace));
  EXPECT_THAT(world.LogText() + answer.body, Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace segrid::webhook

// What becomes of posts, apart from their signatures.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
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
       "there is a comma after the last value (byte 19), in element 0"},
      {"{\"email\":\"canary\"}", "",
       "the body is one object, not an array: send an event as [{...}]; a lone "
       "event "
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

TEST(Webhook, RefusesPostsToNamesThatNoWebhookHasAndSaysWhichThereAre) {
  WebhookWorld world({config::Webhook()});
  for (const char* path :
       {"/v1/webhook/defualt", "/v1/webhook/a/b", "/v1/webhook/default//"}) {
    const auto answer = world.Post(kBody, "", path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_THAT(answer.body, HasSubstr("NO_SUCH_WEBHOOK"));
  }
  EXPECT_EQ(world.Post(kBody, "", "/v1/webhooks").status, 404);
  const auto refusals = world.refusals();
  ASSERT_EQ(refusals.size(), 4u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(refusals[i].reason, "NO_SUCH_WEBHOOK");
    EXPECT_EQ(refusals[i].detail, "there are: default");
  }
  EXPECT_EQ(refusals[3].reason, "NOT_FOUND");
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

TEST(Webhook, KeepsTokensAndPasswordsApart) {
  config::Webhook options;
  // printf %s user:word | sha256sum, listed as a token.
  crypto::Sha256 hash;
  std::string hex(64, '0');
  crypto::WriteHex(hash.Hash("user:word"), 64, hex.data());
  options.bearer_sha256 = {hex};
  WebhookWorld tokens({options});
  const std::string pair = segrid::testing::ToBase64("user:word");
  EXPECT_EQ(tokens.Post(kBody, "Authorization: Basic " + pair + "\r\n").status,
            401);
  EXPECT_EQ(tokens.Post(kBody, "Authorization: Bearer user:word\r\n").status,
            200);
  std::swap(options.bearer_sha256, options.basic_sha256);
  WebhookWorld passwords({options});
  EXPECT_EQ(passwords.Post(kBody, "Authorization: Bearer user:word\r\n").status,
            401);
  EXPECT_EQ(
      passwords.Post(kBody, "Authorization: Basic " + pair + "\r\n").status,
      200);
}

// The head is enough, so no byte of the body is waited for.
TEST(Webhook, RefusesByTheHeadWhatHasNoSignature) {
  const P256Signer signer;
  WebhookWorld world({SignedBy({&signer})});
  const std::string signature =
      absl::StrCat(std::string(kSignatureHeader), ": AAAA\r\n");
  const std::string timestamp =
      absl::StrCat(std::string(kTimestampHeader), ": 1767225600\r\n");
  for (const std::string& headers :
       {std::string(), signature, timestamp, signature + signature + timestamp,
        signature + timestamp + timestamp}) {
    segrid::testing::RawClient client(world.port());
    client.Send(
        absl::StrCat("POST /v1/webhook HTTP/1.1\r\nHost: localhost\r\n"
                     "Content-Length: 5\r\n",
                     headers, "\r\n"));
    const auto answer = client.Read();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 401);
    EXPECT_THAT(answer->body, HasSubstr("MISSING_SIGNATURE"));
  }
}

struct OriginCase {
  std::string headers;
  int status;
  std::string reason;
};

// What web pages and proxies add, and names that may be made to point here.
std::vector<OriginCase> OriginCases() {
  return {
      {"Origin: http://evil.example\r\n", 403, "FOREIGN_REQUEST"},
      {"Origin: null\r\n", 403, "FOREIGN_REQUEST"},
      {"Sec-Fetch-Site: cross-site\r\n", 403, "FOREIGN_REQUEST"},
      {"Sec-Fetch-Site: same-site\r\n", 403, "FOREIGN_REQUEST"},
      {"Sec-Fetch-Site: none\r\nSec-Fetch-Site: none\r\n", 403,
       "FOREIGN_REQUEST"},
      {"Sec-Fetch-Site: none\r\n", 200, ""},
      {"Sec-Fetch-Site: Same-Origin\r\n", 200, ""},
      {"X-Forwarded-For: 203.0.113.7\r\n", 403, "FOREIGN_REQUEST"},
      {"x-forwarded-for:\r\n", 403, "FOREIGN_REQUEST"},
      {"Forwarded: for=203.0.113.7\r\n", 403, "FOREIGN_REQUEST"},
      {"Via: 1.1 proxy\r\n", 403, "FOREIGN_REQUEST"},
      {"Host: evil.example\r\n", 403, "UNKNOWN_HOST"},
      {"Host: localhost.evil.example\r\n", 403, "UNKNOWN_HOST"},
      {"Host: evillocalhost\r\n", 403, "UNKNOWN_HOST"},
      {"Host: 127.0.0.1.evil.example\r\n", 403, "UNKNOWN_HOST"},
      {"Host: evil.example:127\r\n", 403, "UNKNOWN_HOST"},
      {"Host: [evil]\r\n", 403, "UNKNOWN_HOST"},
      {"Host:\r\n", 403, "UNKNOWN_HOST"},
      {"Host: other.example\r\n", 403, "UNKNOWN_HOST"},
      {"Host: LocalHost\r\n", 200, ""},
      {"Host: localhost.\r\n", 200, ""},
      {"Host: a.localhost:8080\r\n", 200, ""},
      {"Host: 127.0.0.1:8080\r\n", 200, ""},
      {"Host: 192.0.2.7\r\n", 200, ""},
      {"Host: [::1]:8080\r\n", 200, ""},
      {"Host: Hooks.Example.com:8080\r\n", 200, ""},
  };
}

int StatusOf(WebhookWorld& world, const std::string& headers,
             std::string* body = nullptr) {
  const std::string host =
      absl::StartsWith(headers, "Host:") ? "" : "Host: localhost\r\n";
  const auto answer =
      segrid::testing::RawClient(world.port())
          .Ask(absl::StrCat("POST /v1/webhook HTTP/1.1\r\n", host,
                            "Content-Length: ", kBody.size(), "\r\n", headers,
                            "\r\n", kBody));
  if (!answer.has_value()) return 0;
  if (body != nullptr) *body = answer->body;
  return answer->status;
}

TEST(UnsignedWebhook, RefusesWhatWebPagesAndProxiesSend) {
  WebhookWorld world({config::Webhook()}, {}, {"hooks.example.com"});
  for (const OriginCase& each : OriginCases()) {
    std::string body;
    EXPECT_EQ(StatusOf(world, each.headers, &body), each.status)
        << each.headers;
    EXPECT_THAT(body, HasSubstr(each.reason)) << each.headers;
  }
}

// Who shows what he knows may come from anywhere: caddy and haproxy pass the
// public name, and say that they did.
TEST(AuthenticatedWebhook, TakesAnyHostAndForwardingHeader) {
  const P256Signer signer;
  const std::string bearer = "Authorization: Bearer secret\r\n";
  config::Webhook with_token;
  with_token.bearer_sha256 = {
      "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"};
  WebhookWorld by_token({with_token}), by_key({SignedBy({&signer})});
  for (const OriginCase& each : OriginCases()) {
    if (each.headers == "Host:\r\n" || each.headers == "Host: [evil]\r\n") {
      continue;
    }
    EXPECT_EQ(StatusOf(by_token, each.headers + bearer), 200) << each.headers;
    EXPECT_EQ(StatusOf(by_key, each.headers + Signed(signer, kBody)), 200)
        << each.headers;
  }
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
                              "POST /v1/webhook HTTP/1.1\r\nHost: localhost\r\n"
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
  EXPECT_THAT(world.LogText(), HasSubstr("webhook request refused"));
  EXPECT_THAT(world.LogText(), HasSubstr("bad_signature"));
  const auto refusals = world.refusals();
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_EQ(refusals[0].webhook, "default");
  EXPECT_EQ(refusals[0].reason, "BAD_SIGNATURE");
  EXPECT_THAT(world.LogText(), HasSubstr(trace));
  EXPECT_THAT(world.LogText() + answer.body, Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace segrid::webhook

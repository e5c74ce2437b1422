// A source that enforces OAuth 2.0: tokens, their lives, and what goes wrong.

#include "core/receivers/segment/access_token.h"

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "core/pool/thread_pool.h"
#include "core/receivers/segment/segment_receiver.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "simdjson.h"
#include "tests/core/crypto/rsa_key_pair.h"
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

std::map<std::string, std::string> FormOf(const std::string& body) {
  std::map<std::string, std::string> form;
  for (const absl::string_view pair : absl::StrSplit(body, '&')) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(pair, absl::MaxSplits('=', 1));
    form.insert(parts);
  }
  return form;
}

// One part of a JSON Web Token, decoded.
std::string PartOf(const std::string& token, std::size_t part) {
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  EXPECT_EQ(parts.size(), 3u) << token;
  std::string decoded;
  EXPECT_TRUE(absl::WebSafeBase64Unescape(parts.at(part), &decoded));
  return decoded;
}

// One server plays both roles: /token gives tokens t1, t2, …, which
// /v1/batch takes or refuses.
class AccessTokenTest : public ::testing::Test {
 protected:
  AccessTokenTest() {
    options_ = {.endpoint = server_.url(),
                .write_key = base::Secret("wr1te"),
                .gzip = false,
                .tls = {.ca_file = server_.ca_file()},
                .oauth = {.client_id = "client",
                          .key_id = "key-1",
                          .key = base::Secret(pair_.PrivateKeyPem()),
                          .token_endpoint = server_.url()}};
  }

  // A renewal is answered in the background.
  void SetTokenReply(Reply reply) {
    absl::MutexLock lock(&mu_);
    token_reply_ = std::move(reply);
  }
  void SetRefused(std::set<std::string> refused) {
    absl::MutexLock lock(&mu_);
    refused_ = std::move(refused);
  }

  Reply Answer(const Seen& seen) {
    absl::MutexLock lock(&mu_);
    if (seen.target == "/token") {
      ++asked_;
      if (token_reply_.status != 200 || !token_reply_.body.empty()) {
        return token_reply_;
      }
      return {.body = absl::StrCat(R"({"access_token":"t)", asked_.load(),
                                   R"(","token_type":"Bearer","expires_in":)",
                                   life_seconds_, "}")};
    }
    const std::string token = seen.Header("authorization");
    return {.status = refused_.count(token) > 0 ? 401 : 200,
            .body = absl::StrCat("you sent ", token)};
  }

  SendResult Send() {
    if (receiver_ == nullptr) {
      receiver_ =
          SegmentReceiver::Create(options_, pool_->io(), clock_).value();
    }
    return SendAndWait(*receiver_, {.tracks = {"{}"}, .ids = {"m"}});
  }

  // The tokens that batches came with.
  std::vector<std::string> Tokens() {
    std::vector<std::string> tokens;
    for (const Seen& seen : server_.seen()) {
      if (seen.target == "/v1/batch") {
        tokens.push_back(seen.Header("authorization"));
      }
    }
    return tokens;
  }

  const testing::RsaKeyPair pair_;
  testing::FakeClock clock_;
  std::atomic<int> asked_ = 0;
  int life_seconds_ = 3'600;
  absl::Mutex mu_;
  Reply token_reply_ ABSL_GUARDED_BY(mu_) = {.body = ""};
  std::set<std::string> refused_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<pool::ThreadPool> pool_ = *pool::ThreadPool::Create(2);
  ScriptedServer server_{[this](const Seen& seen) { return Answer(seen); }};
  SegmentOptions options_;
  std::unique_ptr<SegmentReceiver> receiver_;
};

TEST_F(AccessTokenTest, IsAskedForByASignedAssertion) {
  EXPECT_EQ(Send().verdict, Verdict::kDelivered);
  const Seen asked = server_.seen().at(0);
  EXPECT_EQ(asked.target, "/token");
  EXPECT_EQ(asked.Header("content-type"), "application/x-www-form-urlencoded");
  auto form = FormOf(asked.body);
  EXPECT_EQ(form.size(), 4u);
  EXPECT_EQ(form["grant_type"], "client_credentials");
  EXPECT_EQ(form["client_assertion_type"],
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  EXPECT_EQ(form["scope"], "tracking_api:write");
  const std::string assertion = form["client_assertion"];
  EXPECT_EQ(PartOf(assertion, 0),
            R"({"alg":"RS256","typ":"JWT","kid":"key-1"})");
  EXPECT_TRUE(pair_.IsSigned(assertion.substr(0, assertion.rfind('.')),
                             PartOf(assertion, 2)));

  simdjson::dom::parser parser;
  const auto claims = parser.parse(PartOf(assertion, 1)).value();
  EXPECT_EQ(std::string_view(claims["iss"]), "client");
  EXPECT_EQ(std::string_view(claims["sub"]), "client");
  EXPECT_EQ(std::string_view(claims["aud"]), server_.url());
  const std::int64_t now = absl::ToUnixSeconds(clock_.Now());
  EXPECT_EQ(std::int64_t(claims["iat"]), now - 5);
  EXPECT_EQ(std::int64_t(claims["exp"]), now + 55);
  EXPECT_EQ(std::string_view(claims["jti"]).size(), 32u);
}

TEST_F(AccessTokenTest, ComesWithTheBatchWhichNamesTheWriteKey) {
  Send();
  const Seen batch = server_.seen().at(1);
  EXPECT_EQ(batch.Header("authorization"), "Bearer t1");
  EXPECT_THAT(batch.body, ::testing::StartsWith(R"({"batch":[{}],"sentAt":")"));
  EXPECT_THAT(batch.body, ::testing::EndsWith(R"(","writeKey":"wr1te"})"));
}

TEST_F(AccessTokenTest, IsRenewedAtHalfOfItsLife) {
  Send();
  clock_.Advance(absl::Seconds(1'799));
  Send();
  EXPECT_EQ(asked_, 1);
  clock_.Advance(absl::Seconds(1));
  Send();  // Asks in the background.
  const absl::Time end = absl::Now() + absl::Seconds(10);
  while (asked_ < 2 && absl::Now() < end) {
  }
  EXPECT_EQ(asked_, 2) << "while the first one is still good";
  clock_.Advance(absl::Seconds(1'800));  // t1 is no good any more.
  Send();
  EXPECT_GE(asked_, 2);
  EXPECT_EQ(Tokens().back(), "Bearer t2");
}

TEST_F(AccessTokenTest, StaysGoodWhileTheEndpointIsDown) {
  Send();
  clock_.Advance(absl::Seconds(1'800));
  SetTokenReply({.status = 503});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Send().verdict, Verdict::kDelivered);
    EXPECT_EQ(Tokens().back(), "Bearer t1");
  }
  clock_.Advance(absl::Seconds(1'800));
  const SendResult down = Send();
  EXPECT_EQ(down.verdict, Verdict::kRetry);
  EXPECT_EQ(down.detail, "no token: HTTP 503 of the token endpoint");
  // Not with every batch.
  EXPECT_LE(asked_, 3);
}

TEST_F(AccessTokenTest, ThatIsRefusedIsReplacedOnceBeforeTheSourceIsHeld) {
  Send();
  SetRefused({"Bearer t1"});
  EXPECT_EQ(Send().verdict, Verdict::kDelivered);
  EXPECT_EQ(Tokens(),
            (std::vector<std::string>{"Bearer t1", "Bearer t1", "Bearer t2"}));
  SetRefused({"Bearer t2", "Bearer t3"});
  const SendResult held = Send();
  EXPECT_EQ(held.verdict, Verdict::kMisconfigured);
  EXPECT_THAT(held.detail, HasSubstr("a new token is refused, too"));
  EXPECT_THAT(held.answer, Not(HasSubstr("t3")));
  EXPECT_EQ(asked_, 3);
  EXPECT_EQ(Send().verdict, Verdict::kDelivered);
  EXPECT_EQ(Tokens().back(), "Bearer t4");
}

TEST_F(AccessTokenTest, FailuresOfItsEndpointAreTold) {
  struct Case {
    Reply reply;
    Verdict verdict;
  };
  const Case cases[] = {
      {{.kind = Reply::Kind::kClose}, Verdict::kRetry},
      {{.status = 500}, Verdict::kRetry},
      {{.status = 503}, Verdict::kRetry},
      {{.status = 503, .headers = {{"Retry-After", "7"}}}, Verdict::kWait},
      {{.status = 408}, Verdict::kRetry},
      {{.status = 429}, Verdict::kRetry},
      {{.status = 429, .headers = {{"Retry-After", "7"}}}, Verdict::kWait},
      {{.status = 400}, Verdict::kMisconfigured},
      {{.status = 401}, Verdict::kMisconfigured},
      {{.status = 403}, Verdict::kMisconfigured},
      {{.status = 404}, Verdict::kMisconfigured},
      {{.status = 410}, Verdict::kMisconfigured},
      {{.status = 413}, Verdict::kMisconfigured},
      {{.status = 422}, Verdict::kMisconfigured},
      {{.status = 302}, Verdict::kMisconfigured},
      {{.status = 200, .body = "<html>"}, Verdict::kMisconfigured},
      {{.status = 200, .body = "{}"}, Verdict::kMisconfigured},
      {{.status = 200, .body = R"({"access_token":""})"},
       Verdict::kMisconfigured},
      {{.status = 200, .body = R"({"access_token":"a\r\nX: b"})"},
       Verdict::kMisconfigured},
  };
  for (const Case& c : cases) {
    Reply reply = c.reply;
    // 200 without a text would give a token.
    if (reply.status == 200) reply.status = 201;
    SetTokenReply(reply);
    const SendResult result = Send();
    SCOPED_TRACE(absl::StrCat(c.reply.status, " ", c.reply.body));
    EXPECT_EQ(result.verdict, c.verdict);
    EXPECT_FALSE(result.detail.empty());
    EXPECT_THAT(result.detail + result.answer, Not(HasSubstr("wr1te")));
    EXPECT_EQ(result.wait, c.verdict == Verdict::kWait ? absl::Seconds(7)
                                                       : absl::ZeroDuration());
  }
  EXPECT_TRUE(Tokens().empty());
}

TEST_F(AccessTokenTest, NothingSecretIsRepeated) {
  SetTokenReply({.status = 400, .body = "?"});
  Send();
  const std::string assertion =
      FormOf(server_.seen().at(0).body)["client_assertion"];
  ScriptedServer echo([](const Seen& seen) {
    return Reply{.status = 400, .body = "not so: " + seen.body};
  });
  options_.tls.ca_file = echo.ca_file();
  options_.oauth.token_endpoint = echo.url() + "/token";
  receiver_ = nullptr;
  const SendResult result = Send();
  EXPECT_EQ(echo.seen().at(0).target, "/token");
  EXPECT_THAT(result.answer, HasSubstr("client_assertion=***&scope"));
  EXPECT_THAT(result.detail + result.answer, Not(HasSubstr("eyJ")));
}

TEST_F(AccessTokenTest, GoesByTheEndpointsClock) {
  SetTokenReply({.status = 400,
                 .headers = {{"Date", "Fri, 02 Jan 2026 00:00:00 GMT"}},
                 .body = "the assertion is too old"});
  Send();
  SetTokenReply({.status = 200, .body = ""});
  Send();
  simdjson::dom::parser parser;
  const std::string assertion =
      FormOf(server_.seen().at(1).body)["client_assertion"];
  const auto claims = parser.parse(PartOf(assertion, 1)).value();
  EXPECT_EQ(std::int64_t(claims["iat"]),
            absl::ToUnixSeconds(clock_.Now() + absl::Hours(24)) - 5);
}

TEST_F(AccessTokenTest, MayGoWhileItsRenewalIsOnItsWay) {
  Send();
  clock_.Advance(absl::Seconds(1'800));
  SetTokenReply({.status = 503});
  const std::size_t before = server_.seen().size();
  EXPECT_EQ(Send().verdict, Verdict::kDelivered);
  receiver_ = nullptr;
  // The answer to the renewal finds nobody.
  receiver_ = SegmentReceiver::Create(options_, pool_->io(), clock_).value();
  EXPECT_EQ(Send().verdict, Verdict::kRetry);
  EXPECT_GT(server_.seen().size(), before);
}

// A token endpoint that answers at once with t1, t2, ….
class CountingEndpoint final : public http::Client {
 public:
  void Send(http::Request, Done done) override {
    ++asked_;
    http::Response response;
    response.status = 200;
    response.body = absl::StrCat(R"({"access_token":"t)", asked_,
                                 R"(","expires_in":3600})");
    done(std::move(response));
  }

 private:
  int asked_ = 0;
};

// A batch that was sent with the old token may be refused after the new one
// came.
TEST_F(AccessTokenTest, IsForgottenOnlyWhenItIsTheOneThatWasRefused) {
  const auto token = std::make_shared<AccessToken>(
      AccessTokenOptions{.client_id = "client", .key_id = "key-1"},
      crypto::Rs256Key::Parse(pair_.PrivateKeyPem()).value(),
      std::make_unique<CountingEndpoint>(), clock_);
  const auto get = [&token] {
    base::Secret got;
    token->Get(
        [&got](const AccessToken::Result& result) { got = result.token; });
    return got.Reveal();
  };
  EXPECT_EQ(get(), "t1");
  token->Forget(base::Secret("t1"));
  EXPECT_EQ(get(), "t2");
  token->Forget(base::Secret("t1"));
  EXPECT_EQ(get(), "t2");
}

TEST_F(AccessTokenTest, IsAskedForOnceByManyAtATime) {
  receiver_ = SegmentReceiver::Create(options_, pool_->io(), clock_).value();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] {
      EXPECT_EQ(
          SendAndWait(*receiver_, {.tracks = {"{}"}, .ids = {"m"}}).verdict,
          Verdict::kDelivered);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(asked_, 1);
}

}  // namespace
}  // namespace segrid::receivers::segment

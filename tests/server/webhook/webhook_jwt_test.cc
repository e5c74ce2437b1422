// JSON Web Tokens at a webhook; which are good is token_verifier_test's.

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/jwt/token_maker.h"
#include "tests/server/webhook/webhook_world.h"

namespace segrid::webhook {
namespace {

using segrid::testing::TokenKey;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kBody = pipeline::Body({pipeline::kOpen});
const std::string kHeader = R"({"alg":"ES256","kid":"a"})";
// Fake time starts at 1767225600.
const std::string kClaims =
    R"({"iss":"https://issuer.example","aud":"segrid","exp":1767225900})";

config::Webhook Options() {
  config::Webhook options;
  options.jwt.issuer = "https://issuer.example";
  options.jwt.audience = "segrid";
  return options;
}

std::string Bearer(const std::string& token) {
  return absl::StrCat("Authorization: Bearer ", token, "\r\n");
}

TEST(WebhookJwt, TakesGoodTokensAndAsksForOneOtherwise) {
  const TokenKey key(TokenKey::Kind::kP256), other(TokenKey::Kind::kP256);
  config::Webhook options = Options();
  options.jwt.public_keys = {key.Pem()};
  WebhookWorld world({options});
  const std::string token = key.Sign(kHeader, kClaims);
  EXPECT_EQ(world.Post(kBody, Bearer(token)).status, 200);
  EXPECT_EQ(world.Post(kBody, Bearer(token) + "Origin: a\r\n").status, 200);
  for (const std::string& wrong :
       {std::string(), Bearer(other.Sign(kHeader, kClaims)),
        "Authorization: Basic " + token + "\r\n",
        "Authorization: " + token + "\r\n", Bearer(token) + Bearer(token)}) {
    const auto answer = world.Post(kBody, wrong);
    EXPECT_EQ(answer.status, 401) << wrong;
    EXPECT_EQ(answer.headers.at("www-authenticate"), "Bearer");
  }
  EXPECT_THAT(world.LogText(), Not(HasSubstr(token.substr(0, 20))));
}

TEST(WebhookJwt, MayStandBesideOtherSecretsAndSignatures) {
  const TokenKey key(TokenKey::Kind::kP256);
  const segrid::testing::P256Signer signer;
  config::Webhook options = SignedBy({&signer});
  options.jwt = Options().jwt;
  options.jwt.public_keys = {key.Pem()};
  options.bearer_sha256 = {
      "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"};
  WebhookWorld world({options});
  const std::string token = Bearer(key.Sign(kHeader, kClaims));
  const std::string signature = Signed(signer, kBody);
  EXPECT_EQ(world.Post(kBody, token + signature).status, 200);
  EXPECT_EQ(world.Post(kBody, Bearer("secret") + signature).status, 200);
  EXPECT_EQ(world.Post(kBody, token).status, 401);
  EXPECT_EQ(world.Post(kBody, signature).status, 401);
}

// The keys may come in a moment, and SendGrid comes again after 503.
TEST(WebhookJwt, SaysToComeBackWhileTheKeysAreFetched) {
  const TokenKey key(TokenKey::Kind::kP256);
  const auto fetched = std::make_shared<jwt::FetchedKeys>();
  WebhookWorld world({Options()}, {}, {},
                     [fetched](const config::Jwt&) { return fetched; });
  const std::string token = Bearer(key.Sign(kHeader, kClaims));
  const auto early = world.Post(kBody, token);
  EXPECT_EQ(early.status, 503);
  EXPECT_EQ(early.headers.count("retry-after"), 1u);
  fetched->BeginFetch();
  fetched->Set(*jwt::KeySet::FromJwks(
      absl::StrCat(R"({"keys":[)", key.Jwk(R"(,"kid":"a")"), "]}")));
  EXPECT_EQ(world.Post(kBody, token).status, 200);
}

TEST(WebhookJwt, RefusesKeysThatAreNone) {
  config::Webhook options = Options();
  options.jwt.public_keys = {"-----BEGIN PUBLIC KEY-----\n"};
  WebhookWorld world({config::Webhook()});
  const absl::Status status = world.webhook().Replace(options);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("webhook 'default': jwt.public_keys[0]"));
  EXPECT_EQ(world.webhook().Check(options), status);
  EXPECT_EQ(world.Post(kBody).status, 200) << "nothing has changed";
}

}  // namespace
}  // namespace segrid::webhook

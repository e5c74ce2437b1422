// Signatures, judged through real HTTP posts.

#include <random>
#include <string>

#include "boost/json.hpp"
#include "core/crypto/base64.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/webhook/webhook_world.h"
#include "tests/testing/data_files.h"

namespace segrid::webhook {
namespace {

using ::segrid::testing::P256Signer;
using ::testing::HasSubstr;

const std::string kBody = pipeline::Body({pipeline::kOpen});

TEST(WebhookSignature, JudgesTheVectorsRight) {
  const boost::json::value file = boost::json::parse(
      segrid::testing::ReadDataFile("tests/data/signatures/vectors.json"));
  for (const auto& value : file.at("vectors").as_array()) {
    const auto text = [&value](const char* key) {
      return std::string(value.at(key).as_string());
    };
    SCOPED_TRACE(text("name"));
    config::Webhook options;
    options.public_keys = {text("public_key_b64_der_spki")};
    options.replay_window = absl::ZeroDuration();
    if (text("expected") == "key-error") continue;  // Has a test of its own.
    WebhookWorld world({options});
    const auto answer = world.Post(
        *crypto::DecodeBase64(text("payload_base64")),
        SignatureHeaders(text("signature_b64_der"), text("timestamp")));
    EXPECT_EQ(answer.status, text("expected") == "valid" ? 200 : 401);
  }
}

TEST(WebhookSignature, NamesTheKeyThatCannotBeRead) {
  pipeline::World world({pipeline::Named("first")});
  base::SystemClock clock;
  logging::Log log({}, clock);
  config::Webhook options = SignedBy({});
  const P256Signer signer;
  options.public_keys = {signer.PublicKey(), "MFkw"};
  const auto webhook = Webhook::Create(
      options, kMaxBodyBytes,
      {world.clock(), world.pipeline(), log, [] { return true; }});
  EXPECT_THAT(std::string(webhook.status().message()),
              HasSubstr("webhook 'default': public_keys[1] is no verification "
                        "key"));
}

TEST(WebhookSignature, HoldsForTheBytesAsTheyCame) {
  const P256Signer signer;
  WebhookWorld world({SignedBy({&signer})});
  const std::string open(pipeline::kOpen), click(pipeline::kClick);
  for (const std::string& body :
       {absl::StrCat("[", open, ",\r\n", click, "\r\n]\r\n"),
        absl::StrCat("[", open, "]\r\n"), absl::StrCat(" [", open, "] ")}) {
    EXPECT_EQ(world.Post(body, Signed(signer, body)).status, 200);
    EXPECT_EQ(world.Post(body + " ", Signed(signer, body)).status, 401);
    EXPECT_EQ(world.Post(body.substr(0, body.size() - 1), Signed(signer, body))
                  .status,
              401);
  }
}

TEST(WebhookSignature, OfEitherKeyIsGood) {
  const P256Signer old_key, new_key, other;
  WebhookWorld world({SignedBy({&old_key, &new_key})});
  EXPECT_EQ(world.Post(kBody, Signed(old_key, kBody)).status, 200);
  EXPECT_EQ(world.Post(kBody, Signed(new_key, kBody)).status, 200);
  EXPECT_EQ(world.Post(kBody, Signed(other, kBody)).status, 401);
}

TEST(WebhookSignature, KeysCanBeReplaced) {
  const P256Signer old_key, new_key;
  WebhookWorld world({SignedBy({&old_key})});
  ASSERT_TRUE(world.webhook().Replace(SignedBy({&new_key})).ok());
  EXPECT_EQ(world.Post(kBody, Signed(old_key, kBody)).status, 401);
  EXPECT_EQ(world.Post(kBody, Signed(new_key, kBody)).status, 200);
  config::Webhook bad;
  bad.public_keys = {"nothing"};
  EXPECT_FALSE(world.webhook().Replace(bad).ok());
  EXPECT_EQ(world.Post(kBody, Signed(new_key, kBody)).status, 200);
}

TEST(WebhookSignature, IsGoodWithinTheReplayWindowOnly) {
  const P256Signer signer;
  WebhookWorld world({SignedBy({&signer})});
  const auto status_at = [&](const std::string& timestamp) {
    return world.Post(kBody, Signed(signer, kBody, timestamp)).status;
  };
  EXPECT_EQ(status_at("1767225600"), 200);
  EXPECT_EQ(status_at("1767132000"), 200);  // 26 h ago.
  EXPECT_EQ(status_at("1767226200"), 200);  // In 600 s.
  EXPECT_EQ(status_at("1767131999"), 401);
  EXPECT_EQ(status_at("1767226201"), 401);
  for (const char* text : {"0", "-1767225600", "1767225600.0", "1767225600x",
                           "99999999999999999999", "+1767225600", "now"}) {
    EXPECT_EQ(status_at(text), 401) << text;
  }
  EXPECT_EQ(world.Count(Outcome::kStaleTimestamp), 9);
  world.world().clock().Advance(absl::Hours(26) + absl::Seconds(1));
  EXPECT_EQ(status_at("1767225600"), 401);
}

TEST(WebhookSignature, MayBeOldWhenTheWindowIsOff) {
  const P256Signer signer;
  config::Webhook options = SignedBy({&signer});
  options.replay_window = absl::ZeroDuration();
  WebhookWorld world({options});
  EXPECT_EQ(world.Post(kBody, Signed(signer, kBody, "1")).status, 200);
}

TEST(WebhookSignature, IsMissedWhenItStandsNotOnce) {
  const P256Signer signer;
  WebhookWorld world({SignedBy({&signer})});
  const std::string good = Signed(signer, kBody);
  const std::size_t split = good.find("\r\n") + 2;
  EXPECT_EQ(world.Post(kBody).status, 401);
  EXPECT_EQ(world.Post(kBody, good.substr(0, split)).status, 401);
  EXPECT_EQ(world.Post(kBody, good.substr(split)).status, 401);
  EXPECT_EQ(world.Post(kBody, good + good.substr(split)).status, 401);
  EXPECT_EQ(world.Post(kBody, good.substr(0, split) + good).status, 401);
  EXPECT_EQ(world.Count(Outcome::kMissingSignature), 5);
  EXPECT_EQ(world.Post(kBody, good).status, 200);
}

TEST(WebhookSignature, IsLookedAtBeforeAnythingOfTheBody) {
  const P256Signer signer;
  WebhookWorld world({SignedBy({&signer})});
  const std::string bad = "this is no JSON";
  const auto answer = world.Post(bad, Signed(signer, kBody));
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.body.substr(0, 24), R"({"error":"BAD_SIGNATURE")");
  EXPECT_EQ(world.Post(bad, Signed(signer, bad)).status, 400);
  EXPECT_EQ(world.Queued("first"), 0);
}

TEST(WebhookSignature, TakesNoneOf10000TamperedRequests) {
  const P256Signer signer;
  WebhookWorld world({SignedBy({&signer})});
  const std::string time = "1767225600";
  const std::string signature =
      segrid::testing::ToBase64(signer.Sign(time + kBody));
  std::mt19937 random(7);
  const std::string digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
  segrid::testing::RawClient client(world.port());
  int judged = 0;
  while (judged < 10'000) {
    std::string parts[] = {time, kBody, signature};
    const auto which = random() % 3;
    std::string& part = parts[which];
    const auto at = random() % part.size();
    const char c = which == 0   ? static_cast<char>('0' + random() % 10)
                   : which == 1 ? static_cast<char>(' ' + random() % 95)
                                : digits[random() % digits.size()];
    switch (random() % 3) {
      case 0:
        if (part[at] == c) continue;
        part[at] = c;
        break;
      case 1:
        part.erase(at, 1 + random() % 3);
        break;
      default:
        part.insert(part.begin() + static_cast<std::ptrdiff_t>(at), c);
    }
    ++judged;
    const auto answer = client.Ask(segrid::testing::PostText(
        "/v1/webhook", parts[1], SignatureHeaders(parts[2], parts[0])));
    ASSERT_TRUE(answer.has_value()) << judged;
    ASSERT_EQ(answer->status, 401) << parts[0] << parts[1] << parts[2];
    if (answer->headers.at("connection") == "close") {
      client = segrid::testing::RawClient(world.port());
    }
  }
  EXPECT_EQ(world.Queued("first"), 0);
  EXPECT_EQ(world.Post(kBody, Signed(signer, kBody)).status, 200);
}

}  // namespace
}  // namespace segrid::webhook

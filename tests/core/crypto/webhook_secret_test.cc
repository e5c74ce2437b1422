#include "core/crypto/webhook_secret.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/core/crypto/p256_signer.h"

namespace segrid::crypto {
namespace {

// The example of the standard's own libraries.
constexpr char kSecret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

TEST(WebhookSecret, SignsAsTheStandardDoes) {
  const auto key = ParseWebhookSecret(kSecret);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(
      SignWebhook(*key, {"msg_p5jXN8AQM9LWM0D4loKWxJek", ".", "1614265330", ".",
                         R"({"test": )", "2432232314}"}),
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSecret, HasTwentyFourToSixtyFourBytes) {
  EXPECT_EQ(ParseWebhookSecret(kSecret),
            ParseWebhookSecret(std::string(kSecret).substr(6)));
  for (const std::size_t size : {0, 23, 65}) {
    const std::string text = testing::ToBase64(std::string(size, 'k'));
    EXPECT_FALSE(ParseWebhookSecret("whsec_" + text).has_value()) << size;
  }
  for (const std::size_t size : {24, 64}) {
    const std::string bytes(size, 'k');
    EXPECT_EQ(ParseWebhookSecret("whsec_" + testing::ToBase64(bytes)), bytes);
  }
  EXPECT_FALSE(ParseWebhookSecret("whsec_not base64").has_value());
}

}  // namespace
}  // namespace segrid::crypto

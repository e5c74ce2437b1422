#include "core/crypto/webhook_signer.h"

#include <string>

#include "core/crypto/base64.h"
#include "core/crypto/ecdsa_p256.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::crypto {
namespace {

using ::testing::HasSubstr;

TEST(WebhookSigner, SignsWhatTheServersKeyAccepts) {
  const WebhookSigner signer = WebhookSigner::Generate();
  const auto key = EcdsaP256Key::Parse(signer.PublicKey());
  ASSERT_TRUE(key.ok()) << key.status();
  const auto signature = DecodeBase64(signer.Sign("1600112502", "[{}]"));
  ASSERT_TRUE(signature.has_value());
  EXPECT_TRUE(key->Verify("1600112502", "[{}]", *signature));
  EXPECT_FALSE(key->Verify("1600112503", "[{}]", *signature));
}

TEST(WebhookSigner, ReadsWhatItWrote) {
  const tests::ScratchDir directory;
  const WebhookSigner signer = WebhookSigner::Generate();
  const auto loaded =
      WebhookSigner::Load(directory.Write("key.pem", signer.Pem()));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->PublicKey(), signer.PublicKey());
}

TEST(WebhookSigner, NamesAFileThatIsNoKey) {
  const tests::ScratchDir directory;
  for (const std::string& path :
       {directory.Write("key.pem", "no key"), directory.Path("missing.pem")}) {
    const auto loaded = WebhookSigner::Load(path);
    EXPECT_EQ(loaded.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(loaded.status().message()), HasSubstr(path));
  }
}

}  // namespace
}  // namespace segrid::crypto

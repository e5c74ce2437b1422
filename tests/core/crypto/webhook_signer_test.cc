#include "core/crypto/webhook_signer.h"

#include <array>
#include <cstdio>
#include <string>

#include "core/crypto/base64.h"
#include "core/crypto/ecdsa_p256.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::crypto {
namespace {

using ::testing::AllOf;
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

// A key as OpenSSL writes it: `how` is what follows `openssl`.
std::string MadeBy(const std::string& how) {
  std::string text;
  std::FILE* const pipe = ::popen(("openssl " + how).c_str(), "r");
  std::array<char, 4096> block{};
  while (pipe != nullptr && std::fgets(block.data(), block.size(), pipe)) {
    text += block.data();
  }
  if (pipe != nullptr) ::pclose(pipe);
  return text;
}

TEST(WebhookSigner, SaysWhatAFileIsThatIsNoKey) {
  const tests::ScratchDir directory;
  const std::string own =
      directory.Write("own.pem", WebhookSigner::Generate().Pem());
  const struct {
    std::string pem;
    const char* says;
  } rows[] = {
      {"no key", "is no PEM file of an EC private key on P-256"},
      {"", "is no PEM file of an EC private key on P-256"},
      {MadeBy(
           "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null"),
       "is an RSA key, but SendGrid signs with EC keys on P-256"},
      {MadeBy("ecparam -name secp384r1 -genkey -noout"),
       "is no key on the curve P-256"},
      {MadeBy("pkey -pubout -in " + own), "is a public key, which checks"},
      {MadeBy("pkey -aes128 -passout pass:a -in " + own), "has a passphrase"},
      {"-----BEGIN CERTIFICATE-----\n", "is a certificate"},
  };
  for (const auto& row : rows) {
    const std::string path = directory.Write("key.pem", row.pem);
    const auto loaded = WebhookSigner::Load(path);
    EXPECT_EQ(loaded.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(loaded.status().message()),
                AllOf(HasSubstr(path + ": " + row.says),
                      HasSubstr("`segrid webhook-sign --new-key FILE` makes")));
  }
  const auto missing = WebhookSigner::Load(directory.Path("missing.pem"));
  EXPECT_THAT(std::string(missing.status().message()),
              HasSubstr("missing.pem: No such file or directory"));
}

}  // namespace
}  // namespace segrid::crypto

#include "bench/load/webhook_signer.h"

#include <string>

#include "bench/load/http_transport.h"
#include "core/crypto/base64.h"
#include "core/crypto/ecdsa_p256.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::bench {
namespace {

using ::testing::HasSubstr;

TEST(WebhookSigner, SignsWhatTheServersKeyAccepts) {
  const WebhookSigner signer = WebhookSigner::Generate();
  const auto key = crypto::EcdsaP256Key::Parse(signer.PublicKey());
  ASSERT_TRUE(key.ok()) << key.status();
  const auto signature =
      crypto::DecodeBase64(signer.Sign("1600112502", "[{}]"));
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

TEST(ParseWebhookUrl, GivesAddressPathAndTransport) {
  struct Case {
    const char* url;
    const char* address;
    const char* path;
    bool tls;
  };
  const Case kCases[] = {
      {"http://127.0.0.1:8080/v1/webhook", "127.0.0.1:8080", "/v1/webhook",
       false},
      {"http://mail.example.com/x", "mail.example.com:80", "/x", false},
      {"http://mail.example.com:443/x", "mail.example.com:443", "/x", false},
      {"https://mail.example.com", "mail.example.com:443", "/", true},
      {"http://[::1]:80/a/b", "[::1]:80", "/a/b", false},
  };
  for (const Case& row : kCases) {
    const auto target = ParseWebhookUrl(row.url);
    ASSERT_TRUE(target.ok()) << row.url << ": " << target.status();
    EXPECT_EQ(target->address, row.address) << row.url;
    EXPECT_EQ(target->path, row.path) << row.url;
    EXPECT_EQ(target->tls, row.tls) << row.url;
  }
  for (const char* url : {"", "127.0.0.1:8080", "ftp://a/b", "http://"}) {
    EXPECT_FALSE(ParseWebhookUrl(url).ok()) << url;
  }
}

}  // namespace
}  // namespace segrid::bench

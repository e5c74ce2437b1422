#include "core/crypto/ecdsa_p256.h"

#include <random>
#include <regex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "core/base/error_info.h"
#include "core/crypto/base64.h"
#include "core/crypto/constant_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/crypto/p256_signer.h"
#include "tests/testing/data_files.h"

namespace segrid::crypto {
namespace {

using ::segrid::testing::P256Signer;
using ::segrid::testing::ToBase64;
using ::testing::HasSubstr;

EcdsaP256Key KeyOf(const P256Signer& signer) {
  return *EcdsaP256Key::Parse(signer.PublicKey());
}

TEST(EcdsaP256, JudgesThePublicVectorsRight) {
  const boost::json::value file = boost::json::parse(
      testing::ReadDataFile("tests/data/signatures/vectors.json"));
  int judged = 0;
  for (const auto& value : file.at("vectors").as_array()) {
    const auto text = [&value](const char* key) {
      return std::string(value.at(key).as_string());
    };
    SCOPED_TRACE(text("name"));
    ++judged;
    const auto key = EcdsaP256Key::Parse(text("public_key_b64_der_spki"));
    if (text("expected") == "key-error") {
      EXPECT_FALSE(key.ok());
      continue;
    }
    ASSERT_TRUE(key.ok()) << key.status();
    const auto body = DecodeBase64(text("payload_base64"));
    const auto signature = DecodeBase64(text("signature_b64_der"));
    const bool good =
        body && signature && key->Verify(text("timestamp"), *body, *signature);
    EXPECT_EQ(good, text("expected") == "valid");
  }
  EXPECT_GE(judged, 14);
}

TEST(EcdsaP256, TakesWhatItsKeySigned) {
  const P256Signer signer;
  const EcdsaP256Key key = KeyOf(signer);
  for (const std::string body : {"", "[]", "[{}]\r\n", "a,\r\nb"}) {
    const std::string signature = signer.Sign("1600000000" + body);
    EXPECT_TRUE(key.Verify("1600000000", body, signature));
    EXPECT_FALSE(KeyOf(P256Signer()).Verify("1600000000", body, signature));
  }
}

TEST(EcdsaP256, TakesNothingThatWasTampered) {
  const P256Signer signer;
  const EcdsaP256Key key = KeyOf(signer);
  const std::string time = "1600000000";
  const std::string body = R"([{"email":"ada@example.com"}])";
  const std::string signature = signer.Sign(time + body);
  std::mt19937 random(5);
  for (int i = 0; i < 3'000; ++i) {
    std::string parts[] = {time, body, signature};
    std::string& part = parts[random() % 3];
    const auto at = random() % part.size();
    switch (random() % 3) {
      case 0:
        part[at] = static_cast<char>(part[at] ^ (1 << random() % 8));
        break;
      case 1:
        part.erase(at, 1 + random() % 4);
        break;
      default:
        part.insert(part.begin() + static_cast<std::ptrdiff_t>(at),
                    static_cast<char>(random() % 256));
    }
    const bool same =
        parts[0] + parts[1] == time + body && parts[2] == signature;
    EXPECT_EQ(key.Verify(parts[0], parts[1], parts[2]), same) << i;
  }
}

TEST(EcdsaP256, TakesNoSignatureWithBytesBehindIt) {
  const P256Signer signer;
  const EcdsaP256Key key = KeyOf(signer);
  const std::string signature = signer.Sign("1[]");
  EXPECT_TRUE(key.Verify("1", "[]", signature));
  EXPECT_FALSE(key.Verify("1", "[]", signature + '\0'));
  EXPECT_FALSE(key.Verify("1", "[]", std::string(100'000, '0')));
  EXPECT_FALSE(key.Verify("1", "[]", ""));
}

TEST(EcdsaP256, ReadsKeysInEveryUsualForm) {
  const P256Signer signer;
  const std::string base64 = signer.PublicKey();
  const std::string pem = signer.PublicKeyPem();
  const std::string windows = std::regex_replace(pem, std::regex("\n"), "\r\n");
  const std::string wrapped =
      std::regex_replace(base64, std::regex("(.{20})"), "$1 \r\n\t");
  for (const std::string& text :
       {base64, absl::StrCat(" ", base64, "\n"), wrapped, pem,
        absl::StrCat("\n", pem), windows,
        std::regex_replace(pem, std::regex("\n"), "\\n"),
        std::regex_replace(pem, std::regex("\n"), "\\r\\n")}) {
    const auto key = EcdsaP256Key::Parse(text);
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_TRUE(key->Verify("1", "[]", signer.Sign("1[]")));
  }
}

TEST(EcdsaP256, SaysWhatIsWrongWithAKey) {
  const P256Signer signer;
  const std::string base64 = signer.PublicKey();
  const std::string pem = signer.PublicKeyPem();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "it is empty"},
      {" \n", "it is empty"},
      {"hello, world", "it is not base64"},
      {base64.substr(0, base64.size() - 4), "no DER"},
      {base64.substr(0, base64.size() - 1), "not base64"},
      {ToBase64(*DecodeBase64(base64) + "more"), "bytes follow the key"},
      {ToBase64("no key at all"), "no DER"},
      {P256Signer("P-384").PublicKey(),
       "this is an EC public key of another curve than P-256"},
      {P256Signer("secp256k1").PublicKey(),
       "this is an EC public key of another curve than P-256"},
      {signer.PrivateKeyPem(), "this is a private key"},
      {"-----BEGIN CERTIFICATE-----", "this is a certificate"},
      {"SG.abcdefghijklmnopqrstuv.wxyz", "this is an API key of SendGrid's"},
      {"/etc/segrid/key.pem", "write ${file:/path}"},
      {pem.substr(0, pem.size() - 30), "no END PUBLIC KEY"},
      {std::string(5'000, 'A'), "over 4 KiB"},
  };
  for (const auto& [text, want] : cases) {
    const auto key = EcdsaP256Key::Parse(text);
    ASSERT_FALSE(key.ok()) << want;
    EXPECT_EQ(base::ReasonOf(key.status()), "BAD_PUBLIC_KEY");
    EXPECT_THAT(std::string(key.status().message()), HasSubstr(want));
  }
}

TEST(ConstantTime, ComparesWholeDigests) {
  Sha256 hash;
  const Sha256::Digest digest = hash.Hash("a");
  EXPECT_TRUE(EqualInConstantTime(digest, hash.Hash("a")));
  for (std::size_t i = 0; i < digest.size(); ++i) {
    Sha256::Digest other = digest;
    other[i] ^= 1;
    EXPECT_FALSE(EqualInConstantTime(digest, other)) << i;
  }
}

}  // namespace
}  // namespace segrid::crypto

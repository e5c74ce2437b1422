#include "core/crypto/base64.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/crypto/p256_signer.h"

namespace segrid::crypto {
namespace {

// RFC 4648, section 10.
TEST(Base64, GivesTheBytes) {
  EXPECT_EQ(DecodeBase64(""), "");
  EXPECT_EQ(DecodeBase64("Zg=="), "f");
  EXPECT_EQ(DecodeBase64("Zm8="), "fo");
  EXPECT_EQ(DecodeBase64("Zm9v"), "foo");
  EXPECT_EQ(DecodeBase64("Zm9vYg=="), "foob");
  EXPECT_EQ(DecodeBase64("Zm9vYmE="), "fooba");
  EXPECT_EQ(DecodeBase64("Zm9vYmFy"), "foobar");
  EXPECT_EQ(DecodeBase64("+/+/"), "\xfb\xff\xbf");
}

TEST(Base64, AgreesWithOpenSsl) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    bytes.push_back(static_cast<char>(i * 7));
    EXPECT_EQ(DecodeBase64(testing::ToBase64(bytes)), bytes) << i;
  }
}

TEST(Base64, RefusesEveryOtherSpelling) {
  const std::vector<std::string> texts = {"Z",
                                          "Zg",
                                          "Zg=",
                                          "=",
                                          "====",
                                          "Z===",
                                          "Zg==\n",
                                          " Zg==",
                                          "Zg= =",
                                          "Zm9v Zm9v",
                                          "Zm-v",
                                          "Zm_v",
                                          "Zm9v=",
                                          "Zg==Zg==",
                                          "Z=g=",
                                          "Zh==",
                                          "Zm9=",
                                          "Zm.v",
                                          std::string("Zm9\0", 4),
                                          "Zm9v\xff\xff\xff\xff"};
  for (const std::string& text : texts) {
    EXPECT_EQ(DecodeBase64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace segrid::crypto

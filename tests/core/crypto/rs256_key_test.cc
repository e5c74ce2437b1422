#include "core/crypto/rs256_key.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/crypto/p256_signer.h"
#include "tests/core/crypto/rsa_key_pair.h"

namespace segrid::crypto {
namespace {

using testing::RsaKeyPair;

TEST(Rs256Key, SignsSoThatTheOtherHalfAgrees) {
  const RsaKeyPair pair;
  const auto key = Rs256Key::Parse(pair.PrivateKeyPem());
  ASSERT_TRUE(key.ok()) << key.status();
  const std::string signature = key->Sign("header.claims").value();
  EXPECT_EQ(signature.size(), 256u);
  EXPECT_TRUE(pair.IsSigned("header.claims", signature));
  EXPECT_FALSE(pair.IsSigned("header.claimz", signature));
  EXPECT_FALSE(RsaKeyPair().IsSigned("header.claims", signature));
}

TEST(Rs256Key, TakesAPemWhoseLineEndsBecameLetters) {
  const RsaKeyPair pair;
  for (const char* end : {"\\n", "\\r\\n", "\r\n"}) {
    const auto key = Rs256Key::Parse(
        absl::StrReplaceAll(pair.PrivateKeyPem(), {{"\n", end}}));
    ASSERT_TRUE(key.ok()) << end << key.status();
    EXPECT_TRUE(pair.IsSigned("a", key->Sign("a").value()));
  }
}

TEST(Rs256Key, RefusesWhatIsNone) {
  const RsaKeyPair pair;
  const std::string pem = pair.PrivateKeyPem();
  for (const std::string& bad :
       {std::string(), std::string("nonsense"), pem.substr(0, pem.size() / 2),
        testing::P256Signer().PrivateKeyPem(),
        testing::P256Signer().PublicKeyPem(), RsaKeyPair(1'024).PrivateKeyPem(),
        pair.PrivateKeyPem("passphrase")}) {
    const auto refused = Rs256Key::Parse(bad);
    EXPECT_EQ(base::ReasonOf(refused.status()), "BAD_RSA_KEY") << bad;
    if (bad.size() < 100) continue;
    EXPECT_THAT(std::string(refused.status().message()),
                ::testing::Not(::testing::HasSubstr(bad.substr(40, 20))));
  }
}

}  // namespace
}  // namespace segrid::crypto

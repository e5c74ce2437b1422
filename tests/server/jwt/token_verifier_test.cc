// Which tokens are taken: those of the issuer, for us, of now. The rest is the
// list of attacks.

#include "server/jwt/token_verifier.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"
#include "tests/server/jwt/token_maker.h"

namespace segrid::jwt {
namespace {

using segrid::testing::Base64Url;
using segrid::testing::SignWithSecret;
using segrid::testing::TokenKey;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'767'225'600);

// With `more` behind the claims that are right.
std::string Claims(std::string_view more = R"(,"exp":1767225900)",
                   std::string_view issuer = "https://issuer.example",
                   std::string_view audience = R"("segrid")") {
  std::string claims = R"({"iss":")";
  claims.append(issuer).append(R"(","aud":)").append(audience);
  return claims.append(more).append("}");
}

const std::string kRsHeader = R"({"alg":"RS256","typ":"JWT"})";
const std::string kEsHeader = R"({"alg":"ES256"})";

class TokenVerifierTest : public ::testing::Test {
 protected:
  static config::Jwt Options() {
    config::Jwt options;
    options.issuer = "https://issuer.example";
    options.audience = "segrid";
    options.public_keys = {rsa().Pem(), ec().Pem()};
    return options;
  }
  static Verdict Verify(const config::Jwt& options, const std::string& token) {
    const auto verifier = TokenVerifier::Create(options, nullptr);
    EXPECT_TRUE(verifier.ok()) << verifier.status();
    return (*verifier)->Verify(token, kNow);
  }
  static Verdict Verify(const std::string& token) {
    return Verify(Options(), token);
  }
  // Made once, because that takes long.
  static const TokenKey& rsa() {
    static const TokenKey key(TokenKey::Kind::kRsa);
    return key;
  }
  static const TokenKey& ec() {
    static const TokenKey key(TokenKey::Kind::kP256);
    return key;
  }
  static const TokenKey& other_rsa() {
    static const TokenKey key(TokenKey::Kind::kRsa);
    return key;
  }
  static const TokenKey& other_ec() {
    static const TokenKey key(TokenKey::Kind::kP256);
    return key;
  }
};

TEST_F(TokenVerifierTest, TakesTokensOfTheIssuer) {
  for (const std::string& claims :
       {Claims(), Claims(R"(,"exp":1767225900.5)"),
        Claims(R"(,"exp":1767225601,"nbf":1767225600,"iat":1767225600)"),
        Claims(R"(,"exp":1767225900,"sub":"a","scope":["x"])"),
        Claims(R"(,"exp":1767225900)", "https://issuer.example",
               R"(["other","segrid"])")}) {
    EXPECT_EQ(Verify(rsa().Sign(kRsHeader, claims)), Verdict::kGood) << claims;
    EXPECT_EQ(Verify(ec().Sign(kEsHeader, claims)), Verdict::kGood) << claims;
  }
}

TEST_F(TokenVerifierTest, GivesClocksTheLeeway) {
  config::Jwt options = Options();
  options.leeway = absl::Seconds(60);
  const auto verify = [&options](const std::string& more) {
    return Verify(options, ec().Sign(kEsHeader, Claims(more)));
  };
  EXPECT_EQ(verify(R"(,"exp":1767225541)"), Verdict::kGood);
  EXPECT_EQ(verify(R"(,"exp":1767225540)"), Verdict::kRefused);
  EXPECT_EQ(verify(R"(,"exp":1767225900,"nbf":1767225660)"), Verdict::kGood);
  EXPECT_EQ(verify(R"(,"exp":1767225900,"nbf":1767225661)"), Verdict::kRefused);
  EXPECT_EQ(verify(R"(,"exp":1767225900,"iat":1767225661)"), Verdict::kRefused);
}

TEST_F(TokenVerifierTest, RefusesWhatIsNotForUsOrNotOfNow) {
  for (const std::string& claims :
       {Claims(""), Claims(R"(,"exp":1767225000)"),
        Claims(R"(,"exp":"1767225900")"), Claims(R"(,"exp":null)"),
        Claims(R"(,"exp":true)"), Claims(R"(,"exp":[1767225900])"),
        Claims(R"(,"exp":-1)"), Claims(R"(,"exp":-1e300)"),
        Claims(R"(,"exp":99999999999999999999)"), Claims(R"(,"exp":1e999)"),
        Claims(R"(,"exp":1767225900,"nbf":1e300)"),
        Claims(R"(,"exp":1767225900,"nbf":null)"),
        Claims(R"(,"exp":1767225900,"iat":{})"),
        Claims(R"(,"exp":1767225900,"aud":"segrid")"),
        Claims(R"(,"exp":1767225900)", "https://issuer.example",
               R"(["segrid\u0000"])"),
        Claims(R"(,"exp":1767225900)", "https://issuer.example\\u0000"),
        Claims(R"(,"exp":1767225900,"nbf":1767226000)"),
        Claims(R"(,"exp":1767225900,"nbf":"0")"),
        Claims(R"(,"exp":1767225900)", "https://evil.example"),
        Claims(R"(,"exp":1767225900)", "https://issuer.example/"),
        Claims(R"(,"exp":1767225900)", "https://issuer.example", R"("other")"),
        Claims(R"(,"exp":1767225900)", "https://issuer.example",
               R"(["other"])"),
        Claims(R"(,"exp":1767225900)", "https://issuer.example", "[]"),
        Claims(R"(,"exp":1767225900)", "https://issuer.example", "1"),
        Claims(R"(,"exp":1767225900)", "https://issuer.example",
               R"({"segrid":1})"),
        std::string(R"({"aud":"segrid","exp":1767225900})"),
        std::string(R"({"iss":"https://issuer.example","exp":1767225900})"),
        // Said twice, nobody knows which one counts.
        Claims(R"(,"exp":1,"exp":1767225900)"), std::string("[]"),
        std::string("null"), std::string()}) {
    EXPECT_EQ(Verify(ec().Sign(kEsHeader, claims)), Verdict::kRefused)
        << claims;
  }
}

TEST_F(TokenVerifierTest, RefusesTheKnownAttacks) {
  const std::string claims = Claims();
  const std::string good = rsa().Sign(kRsHeader, claims);
  const std::string unsigned_part = good.substr(0, good.rfind('.'));
  const std::string signature = good.substr(good.rfind('.'));
  const std::string none = Base64Url(R"({"alg":"none"})");
  const std::string hs256 = R"({"alg":"HS256"})";
  const TokenKey p384(TokenKey::Kind::kP384);
  const std::string ec_token = ec().Sign(kEsHeader, claims);
  const std::string ec_input = ec_token.substr(0, ec_token.rfind('.'));
  std::string ec_signature;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(
      ec_token.substr(ec_token.rfind('.') + 1), &ec_signature));
  const auto integer = [](const std::string& bytes) {
    return std::string("\x02\x21\x00", 3) + bytes;
  };
  const std::string ec_signature_in_der = "\x30\x46" +
                                          integer(ec_signature.substr(0, 32)) +
                                          integer(ec_signature.substr(32));
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string with_stray_bit = good;
  with_stray_bit.back() = kDigits[kDigits.find(good.back()) | 1];
  struct Attack {
    std::string name;
    std::string token;
  };
  const std::vector<Attack> attacks = {
      {"nothing", ""},
      {"no parts", "secret"},
      {"two parts", unsigned_part},
      {"four parts", good + ".a"},
      {"five parts, as an encrypted token", good + ".a.b"},
      {"empty parts", ".."},
      {"no signature", unsigned_part + "."},
      {"half a signature", good.substr(0, good.size() - 20)},
      {"none", none + "." + Base64Url(claims) + "."},
      {"none with a signature", none + "." + Base64Url(claims) + signature},
      {"None", Base64Url(R"({"alg":"None"})") + "." + Base64Url(claims) + "."},
      {"no algorithm", rsa().Sign(R"({"typ":"JWT"})", claims)},
      {"no text as algorithm", rsa().Sign(R"({"alg":["RS256"]})", claims)},
      {"two algorithms", rsa().Sign(R"({"alg":"none","alg":"RS256"})", claims)},
      {"rs256", rsa().Sign(R"({"alg":"rs256"})", claims)},
      {"RS512", rsa().Sign(R"({"alg":"RS512"})", claims)},
      {"PS256", rsa().Sign(R"({"alg":"PS256"})", claims)},
      {"HS256 with the public key", SignWithSecret(rsa().Pem(), hs256, claims)},
      {"HS256 with the other public key",
       SignWithSecret(ec().Pem(), hs256, claims)},
      {"HS256 with nothing", SignWithSecret("", hs256, claims)},
      {"RS256 that is an HMAC", SignWithSecret(rsa().Pem(), kRsHeader, claims)},
      {"ES256 with an RSA signature", rsa().Sign(kEsHeader, claims)},
      {"RS256 with an EC signature", ec().Sign(kRsHeader, claims)},
      {"another RSA key", other_rsa().Sign(kRsHeader, claims)},
      {"another EC key", other_ec().Sign(kEsHeader, claims)},
      {"other claims", Base64Url(kRsHeader) + "." +
                           Base64Url(Claims(R"(,"exp":1767225901)")) +
                           signature},
      {"its own key in the header",
       other_ec().Sign(
           absl::StrCat(R"({"alg":"ES256","jwk":)", other_ec().Jwk(), "}"),
           claims)},
      {"its own key's URL",
       other_ec().Sign(R"({"alg":"ES256","jku":"https://evil.example/keys"})",
                       claims)},
      {"zeros as signature", Base64Url(kEsHeader) + "." + Base64Url(claims) +
                                 "." + Base64Url(std::string(64, '\0'))},
      {"what must be understood",
       ec().Sign(R"({"alg":"ES256","crit":["b64"],"b64":false})", claims)},
      {"a number as the key's name",
       ec().Sign(R"({"alg":"ES256","kid":1})", claims)},
      {"its own certificate's URL",
       other_ec().Sign(R"({"alg":"ES256","x5u":"https://evil.example/c"})",
                       claims)},
      {"its own certificate",
       other_ec().Sign(R"({"alg":"ES256","x5c":["MIIB"]})", claims)},
      {"a DER signature", ec_input + "." + Base64Url(ec_signature_in_der)},
      {"half of a signature twice",
       ec_input + "." +
           Base64Url(ec_signature.substr(0, 32) + ec_signature.substr(0, 32))},
      {"a signature with bytes behind it",
       ec_input + "." + Base64Url(ec_signature + std::string(2, '\0'))},
      {"another curve", p384.Sign(kEsHeader, claims)},
      {"ES384", p384.Sign(R"({"alg":"ES384"})", claims)},
      {"EdDSA", ec().Sign(R"({"alg":"EdDSA"})", claims)},
      {"an empty name of what must be understood",
       ec().Sign(R"({"alg":"ES256","crit":[]})", claims)},
      {"an algorithm with a NUL",
       ec().Sign(R"({"alg":"ES256\u0000"})", claims)},
      {"two key names",
       ec().Sign(R"({"alg":"ES256","kid":"a","kid":"b"})", claims)},
      {"padding behind the signature", good + "=="},
      {"padding behind the claims",
       Base64Url(kRsHeader) + "." + Base64Url(claims) + "=" + signature},
      {"a line break behind the signature", good + "\n"},
      {"a space within",
       unsigned_part.substr(0, 5) + " " + unsigned_part.substr(5) + signature},
      {"a stray bit in the last character", with_stray_bit},
      {"padding", Base64Url(kEsHeader) + "==." + Base64Url(claims) + signature},
      {"a space", " " + good},
      {"20 KiB", ec().Sign(kEsHeader, Claims(absl::StrCat(
                                          R"(,"exp":1767225900,"a":")",
                                          std::string(20'000, 'a'), "\"")))},
  };
  for (const Attack& attack : attacks) {
    EXPECT_EQ(Verify(attack.token), Verdict::kRefused) << attack.name;
  }
  EXPECT_EQ(Verify(good), Verdict::kGood);
}

TEST_F(TokenVerifierTest, NoticesEachChangedByteOfASignature) {
  const std::string good = ec().Sign(kEsHeader, Claims());
  const std::size_t begin = good.rfind('.') + 1;
  for (std::size_t i = begin; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(Verify(changed), Verdict::kRefused) << i;
  }
}

class KeySetTest : public TokenVerifierTest {
 protected:
  Verdict VerifyWith(const std::string& jwks, const std::string& token) {
    config::Jwt options = Options();
    options.public_keys.clear();
    dir_.Write("keys.json", jwks);
    options.jwks_file = dir_.Path("keys.json");
    return Verify(options, token);
  }
  static std::string Named(const char* algorithm, const std::string& kid) {
    return absl::StrCat(R"({"alg":")", algorithm, R"(","kid":")", kid, "\"}");
  }

  const tests::ScratchDir dir_;
};

TEST_F(KeySetTest, FindsKeysByTheirNames) {
  const std::string keys = absl::StrCat(
      R"({"keys":[)", rsa().Jwk(R"(,"kid":"a","use":"sig","alg":"RS256")"), ",",
      other_rsa().Jwk(R"(,"kid":"b")"), ",", ec().Jwk(R"(,"kid":"c")"), "]}");
  const std::string claims = Claims();
  EXPECT_EQ(VerifyWith(keys, rsa().Sign(Named("RS256", "a"), claims)),
            Verdict::kGood);
  EXPECT_EQ(VerifyWith(keys, other_rsa().Sign(Named("RS256", "b"), claims)),
            Verdict::kGood);
  EXPECT_EQ(VerifyWith(keys, ec().Sign(Named("ES256", "c"), claims)),
            Verdict::kGood);
  EXPECT_EQ(VerifyWith(keys, ec().Sign(kEsHeader, claims)), Verdict::kGood)
      << "a token may be without a name";
  // Known, but of another key; of another kind of key; unknown.
  EXPECT_EQ(VerifyWith(keys, rsa().Sign(Named("RS256", "b"), claims)),
            Verdict::kRefused);
  EXPECT_EQ(VerifyWith(keys, rsa().Sign(Named("RS256", "c"), claims)),
            Verdict::kRefused);
  for (const std::string& kid :
       {std::string("d"), std::string(), std::string("A"), std::string("a "),
        std::string("../a"), std::string("/dev/null"),
        std::string("file:///etc/passwd"), std::string("a'; DROP TABLE keys"),
        std::string(5'000, 'a')}) {
    EXPECT_EQ(VerifyWith(keys, rsa().Sign(Named("RS256", kid), claims)),
              Verdict::kRefused)
        << kid;
  }
}

TEST_F(KeySetTest, LeavesOutKeysForOtherPurposes) {
  const TokenKey small(TokenKey::Kind::kSmallRsa);
  const TokenKey p384(TokenKey::Kind::kP384);
  const std::string claims = Claims();
  const std::string base = other_ec().Jwk();
  struct Case {
    std::string key;
    std::string token;
  };
  for (const Case& each :
       {Case{rsa().Jwk(R"(,"use":"enc")"), rsa().Sign(kRsHeader, claims)},
        Case{rsa().Jwk(R"(,"alg":"RS512")"), rsa().Sign(kRsHeader, claims)},
        Case{small.Jwk(), small.Sign(kRsHeader, claims)},
        Case{p384.Jwk(), p384.Sign(kEsHeader, claims)},
        Case{R"({"kty":"oct","k":"c2VjcmV0"})",
             SignWithSecret("secret", R"({"alg":"HS256"})", claims)}}) {
    EXPECT_EQ(
        VerifyWith(absl::StrCat(R"({"keys":[)", each.key, ",", base, "]}"),
                   each.token),
        Verdict::kRefused)
        << each.key;
  }
}

TEST_F(KeySetTest, SaysWhatIsWrongWithKeys) {
  const auto why = [this](config::Jwt options) {
    const auto made = TokenVerifier::Create(options, nullptr);
    EXPECT_FALSE(made.ok());
    return std::string(made.status().message());
  };
  config::Jwt options = Options();
  options.public_keys = {ec().Pem(), TokenKey(TokenKey::Kind::kSmallRsa).Pem()};
  EXPECT_THAT(why(options), HasSubstr("public_keys[1] is an RSA key of 1024"));
  options.public_keys = {TokenKey(TokenKey::Kind::kP384).Pem()};
  EXPECT_THAT(why(options), HasSubstr("public_keys[0] is neither"));
  options.public_keys = {"-----BEGIN PUBLIC KEY-----\nAAAA\n"};
  EXPECT_THAT(why(options), HasSubstr("holds no public key"));
  options.public_keys.clear();
  options.jwks_file = dir_.Path("nothing");
  EXPECT_THAT(why(options), HasSubstr("jwks_file '"));
  for (const char* text : {"", "{}", "[]", R"({"keys":1})", R"({"keys":[]})",
                           R"({"keys":[1,{},{"kty":"RSA"}]})"}) {
    options.jwks_file = dir_.Write("bad.json", text);
    EXPECT_THAT(why(options), HasSubstr("jwks_file '")) << text;
  }
}

// Keys that are still to come are worth coming again; forgeries are not.
TEST_F(KeySetTest, TellsKeysThatAreFetchedFromForgeries) {
  const auto fetched = std::make_shared<FetchedKeys>();
  config::Jwt options = Options();
  options.public_keys.clear();
  const auto verifier = *TokenVerifier::Create(options, fetched);
  const std::string claims = Claims();
  const std::string token = ec().Sign(Named("ES256", "a"), claims);
  EXPECT_EQ(verifier->Verify(token, kNow), Verdict::kKeysMissing);
  EXPECT_EQ(verifier->Verify(ec().Sign(kEsHeader, Claims("")), kNow),
            Verdict::kRefused)
      << "no key could make it good";
  fetched->BeginFetch();
  fetched->Set(*KeySet::FromJwks(
      absl::StrCat(R"({"keys":[)", ec().Jwk(R"(,"kid":"a")"), "]}")));
  EXPECT_EQ(verifier->Verify(token, kNow), Verdict::kGood);
  EXPECT_EQ(
      verifier->Verify(other_ec().Sign(Named("ES256", "a"), claims), kNow),
      Verdict::kRefused);
  // Fetched a moment ago: the issuer does not know the name either.
  EXPECT_EQ(verifier->Verify(ec().Sign(Named("ES256", "b"), claims), kNow),
            Verdict::kRefused);
}

}  // namespace
}  // namespace segrid::jwt

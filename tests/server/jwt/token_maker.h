// An issuer of tokens, with keys made when the test runs.

#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace segrid::testing {

// An RSA or P-256 key. Does not move.
class TokenKey {
 public:
  enum class Kind { kRsa, kSmallRsa, kP256, kP384 };
  explicit TokenKey(Kind kind);

  // The public key, in PEM and as a JWK with these members besides: "" or
  // `,"kid":"a"`.
  std::string Pem() const;
  std::string Jwk(std::string_view more = "") const;

  // The token with this header and these claims, both JSON, signed as its
  // header should say: RS256 or ES256.
  std::string Sign(std::string_view header, std::string_view claims) const;

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  const Kind kind_;
  std::unique_ptr<EVP_PKEY, Free> key_;
};

std::string Base64Url(std::string_view bytes);

// `header.claims.` and an HMAC-SHA-256 of it with `secret`.
std::string SignWithSecret(std::string_view secret, std::string_view header,
                           std::string_view claims);

}  // namespace segrid::testing

#include "tests/server/jwt/token_maker.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/absl_view.h"

namespace segrid::testing {
namespace {

EVP_PKEY* Make(TokenKey::Kind kind) {
  switch (kind) {
    case TokenKey::Kind::kRsa:
      return EVP_RSA_gen(2'048);
    case TokenKey::Kind::kSmallRsa:
      return EVP_RSA_gen(1'024);
    case TokenKey::Kind::kP256:
      return EVP_EC_gen("P-256");
    default:
      return EVP_EC_gen("P-384");
  }
}

std::string Number(const EVP_PKEY* key, const char* name, int size = 0) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  std::string bytes(
      static_cast<std::size_t>(size > 0 ? size : BN_num_bytes(number)), '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
               static_cast<int>(bytes.size()));
  BN_free(number);
  return bytes;
}

// r and s one after the other, as JWS wants them.
std::string Raw(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* const signature =
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  std::string raw(64, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + 32, 32);
  ECDSA_SIG_free(signature);
  return raw;
}

}  // namespace

std::string Base64Url(std::string_view bytes) {
  return absl::WebSafeBase64Escape(base::Absl(bytes));
}

TokenKey::TokenKey(Kind kind) : kind_(kind), key_(Make(kind)) {}

std::string TokenKey::Pem() const {
  BIO* const bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key_.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string TokenKey::Jwk(std::string_view more) const {
  const auto number = [this](const char* name, int size = 0) {
    return Base64Url(Number(key_.get(), name, size));
  };
  if (kind_ == Kind::kRsa || kind_ == Kind::kSmallRsa) {
    return absl::StrCat(R"({"kty":"RSA","n":")", number(OSSL_PKEY_PARAM_RSA_N),
                        R"(","e":")", number(OSSL_PKEY_PARAM_RSA_E), "\"",
                        base::Absl(more), "}");
  }
  const bool is_p256 = kind_ == Kind::kP256;
  const int size = is_p256 ? 32 : 48;
  return absl::StrCat(R"({"kty":"EC","crv":")", is_p256 ? "P-256" : "P-384",
                      R"(","x":")", number(OSSL_PKEY_PARAM_EC_PUB_X, size),
                      R"(","y":")", number(OSSL_PKEY_PARAM_EC_PUB_Y, size),
                      "\"", base::Absl(more), "}");
}

std::string TokenKey::Sign(std::string_view header,
                           std::string_view claims) const {
  const std::string text =
      absl::StrCat(Base64Url(header), ".", Base64Url(claims));
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_.get());
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  EVP_DigestSign(context, nullptr, &size, bytes, text.size());
  std::string signature(size, '\0');
  EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()),
                 &size, bytes, text.size());
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return absl::StrCat(
      text, ".", Base64Url(kind_ == Kind::kP256 ? Raw(signature) : signature));
}

std::string SignWithSecret(std::string_view secret, std::string_view header,
                           std::string_view claims) {
  const std::string text =
      absl::StrCat(Base64Url(header), ".", Base64Url(claims));
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       mac.data(), &size);
  return absl::StrCat(
      text, ".", Base64Url({reinterpret_cast<const char*>(mac.data()), size}));
}

}  // namespace segrid::testing

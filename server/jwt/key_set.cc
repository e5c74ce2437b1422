#include "server/jwt/key_set.h"

#include <cjose/cjose.h>
#include <jansson.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"

namespace segrid::jwt {
namespace {

constexpr int kMinRsaBits = 2'048;
constexpr std::size_t kMaxKeys = 64;
constexpr std::size_t kMaxJwksBytes = 1 << 20;

struct Free {
  void operator()(cjose_jwk_t* key) const { cjose_jwk_release(key); }
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
  void operator()(json_t* json) const { json_decref(json); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(BIGNUM* number) const { BN_free(number); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

absl::Status BadKey(const std::string& why) {
  ERR_clear_error();
  return base::MakeError(absl::StatusCode::kInvalidArgument, "BAD_JWT_KEY",
                         why);
}

absl::Status BadJwks(const std::string& why) {
  return base::MakeError(absl::StatusCode::kInvalidArgument, "BAD_JWKS", why);
}

// A number of the key, without leading zeros; "" when it has none.
std::string NumberOf(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) return "";
  const Owned<BIGNUM> owned(number);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  return bytes;
}

std::uint8_t* BytesOf(std::string& text) {
  return reinterpret_cast<std::uint8_t*>(text.data());
}

Owned<cjose_jwk_t> RsaKey(const EVP_PKEY* key) {
  std::string exponent = NumberOf(key, OSSL_PKEY_PARAM_RSA_E);
  std::string modulus = NumberOf(key, OSSL_PKEY_PARAM_RSA_N);
  cjose_jwk_rsa_keyspec spec{};
  spec.e = BytesOf(exponent);
  spec.elen = exponent.size();
  spec.n = BytesOf(modulus);
  spec.nlen = modulus.size();
  return Owned<cjose_jwk_t>(cjose_jwk_create_RSA_spec(&spec, nullptr));
}

Owned<cjose_jwk_t> EcKey(const EVP_PKEY* key) {
  std::string x = NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_X);
  std::string y = NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_Y);
  cjose_jwk_ec_keyspec spec{};
  spec.crv = CJOSE_JWK_EC_P_256;
  spec.x = BytesOf(x);
  spec.xlen = x.size();
  spec.y = BytesOf(y);
  spec.ylen = y.size();
  return Owned<cjose_jwk_t>(cjose_jwk_create_EC_spec(&spec, nullptr));
}

bool IsP256(const EVP_PKEY* key) {
  std::array<char, 32> group{};
  return EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) ==
             1 &&
         std::string_view(group.data()) == "prime256v1";
}

std::string TextOf(const json_t* object, const char* name) {
  const char* const text = json_string_value(json_object_get(object, name));
  return text == nullptr ? "" : text;
}

// What a key of a set is good for here; nullopt: for nothing.
std::optional<Algorithm> UseOf(const json_t* object, const cjose_jwk_t& key) {
  const std::string use = TextOf(object, "use");
  if (!use.empty() && use != "sig") return std::nullopt;
  const std::string named = TextOf(object, "alg");
  const std::size_t bits = cjose_jwk_get_keysize(&key, nullptr);
  switch (cjose_jwk_get_kty(&key, nullptr)) {
    case CJOSE_JWK_KTY_RSA:
      if (bits < kMinRsaBits || (!named.empty() && named != "RS256")) break;
      return Algorithm::kRs256;
    case CJOSE_JWK_KTY_EC:
      if (TextOf(object, "crv") != "P-256") break;
      if (!named.empty() && named != "ES256") break;
      return Algorithm::kEs256;
    default:
      break;
  }
  return std::nullopt;
}

}  // namespace

struct KeySet::Key {
  Algorithm algorithm;
  std::optional<std::string> name;
  Owned<cjose_jwk_t> key;
};

KeySet::KeySet() = default;
KeySet::~KeySet() = default;

absl::StatusOr<std::shared_ptr<const KeySet>> KeySet::FromPem(
    const std::vector<std::string>& texts) {
  std::shared_ptr<KeySet> set(new KeySet());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string place = absl::StrCat("jwt.public_keys[", i, "] ");
    const Owned<BIO> bio(
        BIO_new_mem_buf(texts[i].data(), static_cast<int>(texts[i].size())));
    const Owned<EVP_PKEY> pem(
        PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
    if (pem == nullptr) {
      return BadKey(place + "holds no public key in PEM form");
    }
    const int kind = EVP_PKEY_get_base_id(pem.get());
    const bool is_rsa = kind == EVP_PKEY_RSA;
    if (!is_rsa && (kind != EVP_PKEY_EC || !IsP256(pem.get()))) {
      return BadKey(place +
                    "is neither an RSA key (RS256) nor one of the "
                    "curve P-256 (ES256)");
    }
    if (is_rsa && EVP_PKEY_get_bits(pem.get()) < kMinRsaBits) {
      return BadKey(absl::StrCat(place, "is an RSA key of ",
                                 EVP_PKEY_get_bits(pem.get()),
                                 " bits; use one of at least ", kMinRsaBits));
    }
    Owned<cjose_jwk_t> key = is_rsa ? RsaKey(pem.get()) : EcKey(pem.get());
    if (key == nullptr) return BadKey(place + "cannot be used");
    set->keys_.push_back({is_rsa ? Algorithm::kRs256 : Algorithm::kEs256,
                          std::nullopt, std::move(key)});
  }
  return set;
}

absl::StatusOr<std::shared_ptr<const KeySet>> KeySet::FromJwks(
    std::string_view json) {
  if (json.size() > kMaxJwksBytes) return BadJwks("it is over 1 MiB");
  const Owned<json_t> root(
      json_loadb(json.data(), json.size(), JSON_REJECT_DUPLICATES, nullptr));
  const json_t* const list = json_object_get(root.get(), "keys");
  if (!json_is_array(list)) {
    return BadJwks("it is no JWK set: a JSON object with an array 'keys'");
  }
  std::shared_ptr<KeySet> set(new KeySet());
  for (std::size_t i = 0; i < json_array_size(list); ++i) {
    const json_t* const object = json_array_get(list, i);
    const std::unique_ptr<char, decltype(&std::free)> text(
        json_dumps(object, JSON_ENCODE_ANY), &std::free);
    if (text == nullptr || set->keys_.size() == kMaxKeys) continue;
    const std::string_view view(text.get());
    Owned<cjose_jwk_t> key(cjose_jwk_import(view.data(), view.size(), nullptr));
    if (key == nullptr) continue;
    const std::optional<Algorithm> algorithm = UseOf(object, *key);
    if (!algorithm.has_value()) continue;
    const std::string name = TextOf(object, "kid");
    set->keys_.push_back(
        {*algorithm,
         name.empty() ? std::nullopt : std::optional<std::string>(name),
         std::move(key)});
  }
  ERR_clear_error();
  if (set->keys_.empty()) {
    return BadJwks("it has no key for RS256 (2,048 bits or more) or ES256");
  }
  return set;
}

KeyMatch KeySet::Verify(std::string_view token, Algorithm algorithm,
                        const std::optional<std::string>& key_name) const {
  bool may_know = false;
  for (const Key& key : keys_) {
    if (key_name && key.name && *key_name != *key.name) continue;
    may_know = true;
    if (key.algorithm != algorithm) continue;
    const Owned<cjose_jws_t> jws(
        cjose_jws_import(token.data(), token.size(), nullptr));
    const bool is_signed =
        jws != nullptr && cjose_jws_verify(jws.get(), key.key.get(), nullptr);
    ERR_clear_error();
    if (is_signed) return KeyMatch::kSigned;
  }
  return may_know ? KeyMatch::kNotSigned : KeyMatch::kUnknownKey;
}

}  // namespace segrid::jwt

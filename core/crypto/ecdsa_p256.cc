#include "core/crypto/ecdsa_p256.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/x509.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "core/base/error_info.h"
#include "core/crypto/base64.h"
#include "core/crypto/pasted_key.h"
#include "core/crypto/sha256.h"

namespace segrid::crypto {
namespace {

constexpr std::size_t kMaxTextBytes = 4'096;
constexpr std::string_view kBegin = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view kEnd = "-----END PUBLIC KEY-----";
// Two integers of 33 bytes at most, with their headers.
constexpr std::size_t kMaxSignatureBytes = 72;

absl::Status BadKey(std::string_view what) {
  return base::MakeError(
      absl::StatusCode::kInvalidArgument, "BAD_PUBLIC_KEY",
      "is no verification key: " + std::string(what) +
          "; copy it from SendGrid's Mail Settings, Signed Event Webhook");
}

// Says what was pasted instead, and what to do with it.
std::string What(std::string_view kind) {
  const std::string is = "this is " + std::string(kind);
  if (kind == "a private key") return is + "; replace it, and keep it secret";
  if (kind == "the path of a file") return is + ": write ${file:/path} for it";
  return is;
}

std::string WithoutSpace(std::string_view text) {
  std::string dense;
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') dense.push_back(c);
  }
  return dense;
}

// The base64 between the lines of a PEM, or the text itself.
absl::StatusOr<std::string> Base64Of(std::string_view text) {
  const std::size_t begin = text.find(kBegin);
  if (begin == std::string_view::npos) return WithoutSpace(text);
  text.remove_prefix(begin + kBegin.size());
  const std::size_t end = text.find(kEnd);
  if (end == std::string_view::npos) {
    return BadKey("the PEM has no END PUBLIC KEY line");
  }
  return WithoutSpace(text.substr(0, end));
}

bool IsP256(const EVP_PKEY* key) {
  std::array<char, 64> name{};
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) == 1 &&
         std::string_view(name.data()) == SN_X9_62_prime256v1;
}

}  // namespace

absl::StatusOr<EcdsaP256Key> EcdsaP256Key::Parse(std::string_view text) {
  if (text.size() > kMaxTextBytes) return BadKey("it is over 4 KiB");
  const std::string_view kind = DescribePasted(text);
  if (!kind.empty() && kind != kVerificationKey && kind != "a PEM") {
    return BadKey(What(kind));
  }
  const std::string broken = WithLineBreaks(text);
  absl::StatusOr<std::string> base64 = Base64Of(broken);
  if (!base64.ok()) return std::move(base64).status();
  if (base64->empty()) return BadKey("it is empty");
  const std::optional<std::string> der = DecodeBase64(*base64);
  if (!der.has_value()) return BadKey("it is not base64");
  const auto* at = reinterpret_cast<const unsigned char*>(der->data());
  const unsigned char* const end = at + der->size();
  std::shared_ptr<EVP_PKEY> key(
      d2i_PUBKEY(nullptr, &at, static_cast<long>(der->size())), EVP_PKEY_free);
  ERR_clear_error();
  if (key == nullptr) {
    return BadKey("the bytes are no DER SubjectPublicKeyInfo");
  }
  if (at != end) return BadKey("bytes follow the key");
  if (!IsP256(key.get())) return BadKey("its curve is not P-256");
  return EcdsaP256Key(std::move(key));
}

bool EcdsaP256Key::Verify(std::string_view prefix, std::string_view body,
                          std::string_view signature) const {
  if (signature.empty() || signature.size() > kMaxSignatureBytes) return false;
  Sha256 hash;
  hash.Start();
  hash.Update(prefix);
  hash.Update(body);
  const Sha256::Digest digest = hash.Finish();
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(static_cast<EVP_PKEY*>(key_.get()), nullptr),
      EVP_PKEY_CTX_free);
  const bool good =
      context != nullptr && EVP_PKEY_verify_init(context.get()) == 1 &&
      EVP_PKEY_verify(context.get(),
                      reinterpret_cast<const unsigned char*>(signature.data()),
                      signature.size(), digest.data(), digest.size()) == 1;
  // OpenSSL's note about a bad signature would stay with the thread.
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace segrid::crypto

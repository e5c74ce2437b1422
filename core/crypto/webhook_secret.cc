#include "core/crypto/webhook_secret.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <memory>

#include "core/crypto/base64.h"

namespace segrid::crypto {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kMinKeyBytes = 24;
constexpr std::size_t kMaxKeyBytes = 64;

}  // namespace

std::optional<std::string> ParseWebhookSecret(std::string_view secret) {
  if (secret.starts_with(kPrefix)) secret.remove_prefix(kPrefix.size());
  std::optional<std::string> key = DecodeBase64(secret);
  if (!key.has_value() || key->size() < kMinKeyBytes ||
      key->size() > kMaxKeyBytes) {
    return std::nullopt;
  }
  return key;
}

std::string SignWebhook(std::string_view key,
                        const std::vector<std::string_view>& parts) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> hmac(
      EVP_PKEY_new_raw_private_key(
          EVP_PKEY_HMAC, nullptr,
          reinterpret_cast<const unsigned char*>(key.data()), key.size()),
      EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), EVP_MD_CTX_free);
  bool good = hmac != nullptr && context != nullptr &&
              EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr,
                                 hmac.get()) == 1;
  for (const std::string_view part : parts) {
    good = good &&
           EVP_DigestSignUpdate(context.get(), part.data(), part.size()) == 1;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  std::size_t size = mac.size();
  good = good && EVP_DigestSignFinal(context.get(), mac.data(), &size) == 1;
  ERR_clear_error();
  if (!good) return "";
  std::array<unsigned char, 4 * (EVP_MAX_MD_SIZE / 3 + 1) + 1> text{};
  const int length =
      EVP_EncodeBlock(text.data(), mac.data(), static_cast<int>(size));
  return "v1," + std::string(text.begin(), text.begin() + length);
}

}  // namespace segrid::crypto

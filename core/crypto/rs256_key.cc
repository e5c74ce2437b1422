#include "core/crypto/rs256_key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <climits>
#include <cstddef>

#include "absl/status/status.h"
#include "core/base/error_info.h"

namespace segrid::crypto {
namespace {

constexpr int kMinBits = 2'048;

absl::Status BadKey(const char* what) {
  return base::MakeError(absl::StatusCode::kInvalidArgument, "BAD_RSA_KEY",
                         std::string("is no private RSA key: ") + what);
}

// `\n`, in two characters, becomes a line end.
std::string WithLineEnds(std::string_view pem) {
  std::string text;
  for (std::size_t i = 0; i < pem.size(); ++i) {
    if (pem.substr(i).starts_with("\\n")) {
      text += '\n';
      ++i;
    } else if (!pem.substr(i).starts_with("\\r")) {
      text += pem[i];
    } else {
      ++i;
    }
  }
  return text;
}

// Else OpenSSL would ask for a passphrase on the terminal, and wait.
int NoPassphrase(char*, int, int, void*) { return 0; }

}  // namespace

absl::StatusOr<Rs256Key> Rs256Key::Parse(std::string_view pem) {
  if (pem.size() > INT_MAX / 2) return BadKey("it is too long");
  const std::string text = WithLineEnds(pem);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
  std::shared_ptr<EVP_PKEY> key(
      bio == nullptr
          ? nullptr
          : PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr),
      EVP_PKEY_free);
  ERR_clear_error();
  if (key == nullptr) {
    return BadKey("it is no PEM of a private key, or needs a passphrase");
  }
  if (EVP_PKEY_is_a(key.get(), "RSA") != 1) {
    return BadKey("it is of another kind");
  }
  if (EVP_PKEY_get_bits(key.get()) < kMinBits) {
    return BadKey("it has fewer than 2048 bits");
  }
  return Rs256Key(std::move(key));
}

absl::StatusOr<std::string> Rs256Key::Sign(std::string_view text) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  std::string signature;
  bool good =
      context != nullptr &&
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr,
                         static_cast<EVP_PKEY*>(key_.get())) == 1 &&
      EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1;
  if (good) {
    signature.resize(size);
    good = EVP_DigestSign(context.get(),
                          reinterpret_cast<unsigned char*>(signature.data()),
                          &size, bytes, text.size()) == 1;
    signature.resize(size);
  }
  ERR_clear_error();
  if (good) return signature;
  return base::MakeError(absl::StatusCode::kInternal, "SIGNING_FAILED",
                         "OpenSSL cannot sign; is there memory?");
}

}  // namespace segrid::crypto

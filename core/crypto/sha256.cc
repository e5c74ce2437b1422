#include "core/crypto/sha256.h"

// OpenSSL 3.0 allocates on every EVP_DigestInit, also of a context that is used
// again. The older functions do not, and are nearly twice as fast.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <cstring>
#include <type_traits>

namespace segrid::crypto {
namespace {

// Both digits of each byte, so that a byte is one copy.
constexpr std::array<char, 512> kHexPairs = [] {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 512> table{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    table[2 * byte] = kDigits[byte >> 4];
    table[2 * byte + 1] = kDigits[byte & 15];
  }
  return table;
}();

}  // namespace

void Sha256::Start() {
  static_assert(sizeof(SHA256_CTX) == kStateBytes && alignof(SHA256_CTX) <= 8 &&
                std::is_trivially_copyable_v<SHA256_CTX>);
  SHA256_Init(reinterpret_cast<SHA256_CTX*>(state_.data()));
}

void Sha256::Update(std::string_view bytes) {
  SHA256_Update(reinterpret_cast<SHA256_CTX*>(state_.data()), bytes.data(),
                bytes.size());
}

Sha256::Digest Sha256::Finish() {
  Digest digest;
  SHA256_Final(digest.data(), reinterpret_cast<SHA256_CTX*>(state_.data()));
  return digest;
}

char* WriteHex(const Sha256::Digest& digest, std::size_t digits, char* out) {
  for (std::size_t i = 0; i < digits / 2; ++i) {
    std::memcpy(out, &kHexPairs[2 * std::size_t{digest[i]}], 2);
    out += 2;
  }
  return out;
}

}  // namespace segrid::crypto

#include "core/crypto/sha256.h"

// OpenSSL 3.0 allocates on every EVP_DigestInit, also of a context that is used
// again. The older functions do not, and are nearly twice as fast.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <cstring>
#include <type_traits>

namespace segrid::crypto {
namespace {

// Sixteen bytes at once, on any machine that the compiler knows.
using Bytes16 [[gnu::vector_size(16)]] = std::uint8_t;

Bytes16 HexDigits(Bytes16 nibbles) {
  const Bytes16 letters = reinterpret_cast<Bytes16>(nibbles > 9);
  return nibbles + '0' + (letters & ('a' - '0' - 10));
}

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
  std::array<char, 2 * Sha256::kDigestBytes> all;
  for (std::size_t half = 0; half < 2; ++half) {
    Bytes16 bytes;
    std::memcpy(&bytes, digest.data() + 16 * half, 16);
    const Bytes16 high = HexDigits(bytes >> 4);
    const Bytes16 low = HexDigits(bytes & 15);
    const Bytes16 first = __builtin_shufflevector(
        high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const Bytes16 second =
        __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28,
                                13, 29, 14, 30, 15, 31);
    std::memcpy(all.data() + 32 * half, &first, 16);
    std::memcpy(all.data() + 32 * half + 16, &second, 16);
  }
  if (digits == all.size()) {
    std::memcpy(out, all.data(), all.size());  // A few moves.
  } else if (digits > 0) {
    std::memcpy(out, all.data(), digits);
  }
  return out + digits;
}

}  // namespace segrid::crypto

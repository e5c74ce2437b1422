#include "core/crypto/sha256.h"

#include <openssl/evp.h>

#include <cstring>
#include <stdexcept>

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

void Sha256::FreeContext::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

void Sha256::FreeAlgorithm::operator()(evp_md_st* algorithm) const {
  EVP_MD_free(algorithm);
}

Sha256::Sha256()
    : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)),
      context_(EVP_MD_CTX_new()) {
  if (algorithm_ == nullptr || context_ == nullptr ||
      EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL offers no SHA-256");
  }
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::Start() { EVP_DigestInit_ex2(context_.get(), nullptr, nullptr); }

void Sha256::Update(std::string_view bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

Sha256::Digest Sha256::Finish() {
  Digest digest;
  EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
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

#include "tests/core/crypto/p256_signer.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdexcept>
#include <vector>

namespace segrid::testing {
namespace {

void Must(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL failed");
}

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

}  // namespace

P256Signer::P256Signer(const char* curve)
    : key_(EVP_EC_gen(curve), [](EVP_PKEY* key) { EVP_PKEY_free(key); }) {
  Must(key_ != nullptr);
}

std::string P256Signer::PublicKey() const {
  BIO* const bio = BIO_new(BIO_s_mem());
  Must(i2d_PUBKEY_bio(bio, static_cast<EVP_PKEY*>(key_.get())) == 1);
  return ToBase64(TextOf(bio));
}

std::string P256Signer::PublicKeyPem() const {
  BIO* const bio = BIO_new(BIO_s_mem());
  Must(PEM_write_bio_PUBKEY(bio, static_cast<EVP_PKEY*>(key_.get())) == 1);
  return TextOf(bio);
}

std::string P256Signer::PrivateKeyPem() const {
  BIO* const bio = BIO_new(BIO_s_mem());
  Must(PEM_write_bio_PrivateKey(bio, static_cast<EVP_PKEY*>(key_.get()),
                                nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return TextOf(bio);
}

std::string P256Signer::Sign(std::string_view message) const {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  std::size_t size = 0;
  Must(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr,
                          static_cast<EVP_PKEY*>(key_.get())) == 1 &&
       EVP_DigestSign(context, nullptr, &size, bytes, message.size()) == 1);
  std::string signature(size, '\0');
  Must(EVP_DigestSign(context,
                      reinterpret_cast<unsigned char*>(signature.data()), &size,
                      bytes, message.size()) == 1);
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return signature;
}

std::string ToBase64(std::string_view bytes) {
  std::vector<unsigned char> text(bytes.size() * 4 / 3 + 5);
  const int size = EVP_EncodeBlock(
      text.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
      static_cast<int>(bytes.size()));
  return {text.begin(), text.begin() + size};
}

}  // namespace segrid::testing

#include "tests/core/crypto/rsa_key_pair.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace segrid::testing {
namespace {

EVP_PKEY* KeyOf(const std::shared_ptr<void>& key) {
  return static_cast<EVP_PKEY*>(key.get());
}

}  // namespace

RsaKeyPair::RsaKeyPair(unsigned bits)
    : key_(std::shared_ptr<EVP_PKEY>(EVP_RSA_gen(bits), EVP_PKEY_free)) {}

std::string RsaKeyPair::PrivateKeyPem(const std::string& passphrase) const {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()),
                                                      BIO_free);
  const bool plain = passphrase.empty();
  PEM_write_bio_PKCS8PrivateKey(
      bio.get(), KeyOf(key_), plain ? nullptr : EVP_aes_256_cbc(),
      plain ? nullptr : passphrase.data(), static_cast<int>(passphrase.size()),
      nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

bool RsaKeyPair::IsSigned(std::string_view text,
                          std::string_view signature) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr,
                              KeyOf(key_)) == 1 &&
         EVP_DigestVerify(
             context.get(),
             reinterpret_cast<const unsigned char*>(signature.data()),
             signature.size(),
             reinterpret_cast<const unsigned char*>(text.data()),
             text.size()) == 1;
}

}  // namespace segrid::testing

#include "client/internal/key_pair.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

#include "client/internal/forget_errors.h"

namespace segrid::internal {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* x509) const { X509_free(x509); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

int NoPassword(char*, int, int, void*) { return -1; }

Owned<BIO> Reader(const std::string& pem) {
  return Owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Owned<X509> ReadCertificate(const std::string& pem) {
  return Owned<X509>(
      PEM_read_bio_X509(Reader(pem).get(), nullptr, &NoPassword, nullptr));
}

}  // namespace

std::optional<BadPem> CheckCertificate(const std::string& pem) {
  const ForgetErrors forget;
  if (ReadCertificate(pem) != nullptr) return std::nullopt;
  return BadPem{BadPem::Which::kCertificate,
                "holds no certificate that can be read"};
}

std::optional<BadPem> CheckKeyPair(const std::string& certificate,
                                   const std::string& key) {
  if (auto bad = CheckCertificate(certificate)) return bad;
  const ForgetErrors forget;
  const Owned<EVP_PKEY> read(PEM_read_bio_PrivateKey(Reader(key).get(), nullptr,
                                                     &NoPassword, nullptr));
  if (read == nullptr) {
    return BadPem{BadPem::Which::kKey,
                  "holds no key that can be read; one with a password cannot"};
  }
  const Owned<X509> x509 = ReadCertificate(certificate);
  if (X509_check_private_key(x509.get(), read.get()) == 1) return std::nullopt;
  return BadPem{BadPem::Which::kKey,
                "is not the key of the certificate in cert_file"};
}

}  // namespace segrid::internal

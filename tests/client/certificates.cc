#include "tests/client/certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <memory>

namespace segrid::tests {
namespace {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Freer<X509_free>>;
using Memory = std::unique_ptr<BIO, Freer<BIO_free_all>>;

void Require(bool done) {
  if (!done) std::abort();
}

std::string TextOf(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Memory MemoryOf(const std::string& text) {
  return Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

void AddExtension(X509* cert, int nid, const std::string& value) {
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  Require(extension != nullptr && X509_add_ext(cert, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// `issuer` null: self-signed; else `names` are its alternative names.
Certificate Make(const std::string& name, const Certificate* issuer,
                 const std::string& names = "", long seconds = 86'400) {
  const Key key(EVP_EC_gen("P-256"));
  const X509Ptr cert(X509_new());
  Require(key != nullptr && cert != nullptr);
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()),
                   issuer == nullptr ? 1 : 2);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -7200);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), seconds);
  X509_set_pubkey(cert.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(
      subject, "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  Key signer_key;
  if (issuer == nullptr) {
    X509_set_issuer_name(cert.get(), subject);
    AddExtension(cert.get(), NID_basic_constraints, "critical,CA:TRUE");
  } else {
    const X509Ptr authority(PEM_read_bio_X509(MemoryOf(issuer->cert).get(),
                                              nullptr, nullptr, nullptr));
    signer_key.reset(PEM_read_bio_PrivateKey(MemoryOf(issuer->key).get(),
                                             nullptr, nullptr, nullptr));
    Require(authority != nullptr && signer_key != nullptr);
    X509_set_issuer_name(cert.get(), X509_get_subject_name(authority.get()));
    AddExtension(cert.get(), NID_subject_alt_name, names);
  }
  EVP_PKEY* signer = issuer == nullptr ? key.get() : signer_key.get();
  Require(X509_sign(cert.get(), signer, EVP_sha256()) > 0);

  const Memory cert_text(BIO_new(BIO_s_mem()));
  const Memory key_text(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_X509(cert_text.get(), cert.get()) == 1);
  Require(PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr,
                                   0, nullptr, nullptr) == 1);
  return {TextOf(cert_text.get()), TextOf(key_text.get())};
}

}  // namespace

Certificate MakeAuthority(const std::string& name) {
  return Make(name, nullptr);
}

Certificate MakeCertificate(const Certificate& authority,
                            const std::string& name) {
  return Make(name, &authority, "IP:127.0.0.1,DNS:" + name);
}

Certificate MakeExpiredCertificate(const Certificate& authority) {
  return Make("expired", &authority, "IP:127.0.0.1", -3600);
}

Certificate MakeCertificateOfNames(const Certificate& authority,
                                   const std::string& names) {
  return Make("segrid test client", &authority, names);
}

}  // namespace segrid::tests

#include "core/crypto/pasted_key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "tests/core/crypto/p256_signer.h"

namespace segrid::crypto {
namespace {

using ::segrid::testing::P256Signer;
using ::segrid::testing::ToBase64;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

// The bytes that an i2d function of OpenSSL writes.
template <class T>
std::string Der(int (*write)(const T*, unsigned char**), const T* object) {
  unsigned char* bytes = nullptr;
  const int size = write(object, &bytes);
  const std::string der(reinterpret_cast<const char*>(bytes),
                        static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

std::string Pem(std::string_view label, const std::string& base64) {
  return "-----BEGIN " + std::string(label) + "-----\n" + base64 +
         "\n-----END " + std::string(label) + "-----\n";
}

// A certificate of `key` by itself, in DER.
std::string Certificate(EVP_PKEY* key) {
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  X509_set_pubkey(made.get(), key);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 60);
  X509_sign(made.get(), key, EVP_sha256());
  return Der<X509>(&i2d_X509, made.get());
}

TEST(DescribePasted, NamesWhatPeoplePaste) {
  const P256Signer signer;
  const Key rsa(EVP_RSA_gen(2048), EVP_PKEY_free);
  const std::string rsa_base64 =
      ToBase64(Der<EVP_PKEY>(&i2d_PUBKEY, rsa.get()));
  const std::string certificate = ToBase64(Certificate(rsa.get()));
  const std::string private_key =
      ToBase64(Der<EVP_PKEY>(&i2d_PrivateKey, rsa.get()));
  const struct {
    std::string text;
    std::string_view name;
  } kCases[] = {
      {"SG.abcdefghijklmnop.qrstuvwxyz", "an API key of SendGrid's"},
      {" SG.a.b\n", "an API key of SendGrid's"},
      {signer.PublicKey(), kVerificationKey},
      {signer.PublicKeyPem(), kVerificationKey},
      {"  " + signer.PublicKey() + "\n", kVerificationKey},
      {P256Signer("P-384").PublicKey(),
       "an EC public key of another curve than P-256"},
      {rsa_base64, "an RSA public key"},
      {Pem("PUBLIC KEY", rsa_base64), "an RSA public key"},
      {Pem("RSA PUBLIC KEY", "AAAA"), "an RSA public key"},
      {ToBase64(Der<EVP_PKEY>(&i2d_PublicKey, rsa.get())), "an RSA public key"},
      {certificate, "a certificate"},
      {Pem("CERTIFICATE", certificate), "a certificate"},
      {private_key, "a private key"},
      {signer.PrivateKeyPem(), "a private key"},
      {Pem("RSA PRIVATE KEY", private_key), "a private key"},
      {Pem("OPENSSH PRIVATE KEY", "AAAA"), "a private key"},
      {Pem("CERTIFICATE REQUEST", "AAAA"), "a request for a certificate"},
      {Pem("PUBLIC KEY", "AAAA"), "a PEM"},
      {"ssh-rsa AAAAB3NzaC1yc2E me@host", "a public key of SSH"},
      {"eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "a JWT"},
      {"/etc/segrid/webhook.pem", "the path of a file"},
      {"postgresql://user:word@host/db?sslrootcert=/etc/ca.pem", ""},
      {"", ""},
      {"a-write-key-of-32-characters-0001", ""},
      {std::string(64, 'a'), ""},
      {std::string(100'000, 'A'), ""},
  };
  for (const auto& each : kCases) {
    EXPECT_EQ(DescribePasted(each.text), each.name) << each.text;
  }
}

TEST(WithLineBreaks, ReadsThoseThatAreWritten) {
  EXPECT_EQ(WithLineBreaks(R"(-----BEGIN X-----\nab\r\ncd\n)"),
            "-----BEGIN X-----\nab\n\ncd\n");
  EXPECT_EQ(WithLineBreaks(R"(a\nb)"), R"(a\nb)");
}

}  // namespace
}  // namespace segrid::crypto

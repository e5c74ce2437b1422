// The other side of a signature: a key pair that signs as SendGrid does.

#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace segrid::testing {

// A fresh key of a curve. Thread safety: any thread.
class P256Signer {
 public:
  // `curve` by OpenSSL's name: another one than P-256 for keys to be refused.
  explicit P256Signer(const char* curve = "P-256");

  // The DER of the SubjectPublicKeyInfo, in base64 as SendGrid shows it.
  std::string PublicKey() const;
  std::string PublicKeyPem() const;
  std::string PrivateKeyPem() const;

  // The DER of a signature over `message`.
  std::string Sign(std::string_view message) const;

 private:
  std::shared_ptr<void> key_;
};

// Base64 of `bytes`, with padding.
std::string ToBase64(std::string_view bytes);

}  // namespace segrid::testing

// Signatures as SendGrid makes them: ECDSA over the curve P-256 with SHA-256.

#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"

namespace segrid::crypto {

// A public key.
//
// Ownership:     copies share the key.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never; a check takes about 75 µs.
class EcdsaP256Key {
 public:
  // Reads a key as SendGrid shows it, base64 of a DER SubjectPublicKeyInfo, or
  // the same as PEM, also one whose line breaks are written as `\n`. White
  // space anywhere is ignored. At most 4 KiB.
  //
  // INVALID_ARGUMENT, BAD_PUBLIC_KEY: it is neither; the message says what it
  // is (an API key, an RSA key, a certificate, ...) or what is wrong with it.
  static absl::StatusOr<EcdsaP256Key> Parse(std::string_view text);

  // True if `signature` (DER) is one of this key over the bytes of `prefix`
  // followed by those of `body`. Anything that is no signature gives false.
  bool Verify(std::string_view prefix, std::string_view body,
              std::string_view signature) const;

 private:
  explicit EcdsaP256Key(std::shared_ptr<void> key) : key_(std::move(key)) {}

  std::shared_ptr<void> key_;  // OpenSSL's EVP_PKEY, never changed.
};

}  // namespace segrid::crypto
